/** A running server: the engine, the routes, and a port they listen on. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { ImageStore } from "../answers/image-store.ts";
import { RunningAnswers } from "../answers/running-answers.ts";
import { Engine } from "../engine/engine.ts";
import { ApiError } from "../http/api-error.ts";
import { createApp } from "../http/app.ts";
import type { Env } from "../http/context.ts";
import { Metrics } from "../http/metrics.ts";
import { listSharedFiles } from "../http/model-files.ts";
import { type ResolvedServerOptions, resolveServerOptions, type ServerOptions } from "./options.ts";

/** Proxies keep a connection for a minute; one that the server closed before would lose the request that they send on it. */
const KEEP_ALIVE_MS = 75_000;

/** Why a port cannot be had, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there; end it or choose another port (0 takes a free one)",
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "only administrators may; choose a port above 1023",
  ENOTFOUND: "there is no host of that name",
};

export type RunningServer = {
  /** Where it listens, as "http://127.0.0.1:8000". */
  readonly url: string;
  readonly engine: Engine;
  /** Takes in nothing more, lets open answers end for `drainSeconds` at most, and frees everything. */
  close(options?: { drainSeconds?: number }): Promise<void>;
};

/**
 * Loads the models, then listens.
 * @throws {RangeError} when an option is wrong
 * @throws {Error} when a model cannot be loaded or the port is taken; nothing keeps running then
 */
export async function startServer(given: ServerOptions): Promise<RunningServer> {
  const options = resolveServerOptions(given);
  // Loading takes a while: a port that cannot be had is told before.
  await probe(options);
  const sharedFiles = options.shareModels ? await listSharedFiles(options.models) : new Map();
  const engine = await Engine.start({ ...options, maxJobsPerOwner: options.maxJobsPerKey });
  const images = new ImageStore({ maxBytes: options.limits.maxStoredBytes });
  const metrics = new Metrics(engine, images);
  const app = createApp({ engine, answers: new RunningAnswers(), images, metrics, options, sharedFiles });
  const listener = getRequestListener((request, env) => app.fetch(request, env as Env["Bindings"]), {
    overrideGlobalObjects: false,
    errorHandler: () => new ApiError(400, "malformed", "the request is malformed").toResponse(),
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, listener);
  let closing: Promise<void> | undefined;
  const close = async (drainSeconds: number) => {
    // Listening goes on while open answers end, so that others are told to go elsewhere (503) instead of being cut off.
    await engine.close({ drainSeconds });
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    metrics.dispose();
    // What the last answers still have to send gets a moment.
    const timer = setTimeout(() => server.closeAllConnections(), 1000);
    await closed;
    clearTimeout(timer);
  };
  try {
    return {
      url: await listen(server, options),
      engine,
      close: ({ drainSeconds = options.drainSeconds } = {}) => (closing ??= close(drainSeconds)),
    };
  } catch (error) {
    await engine.close();
    metrics.dispose();
    throw error;
  }
}

/** Listens for a moment. @throws {Error} as `listen` */
async function probe(options: ResolvedServerOptions): Promise<void> {
  const server = createServer();
  await listen(server, options);
  await new Promise((resolve) => server.close(resolve));
}

function listen(server: Server, { host, port }: ResolvedServerOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) => {
      const { code = "", message } = cause;
      const reason = code in REFUSALS ? `${REFUSALS[code]} (${code})` : message;
      reject(new Error(`startServer: cannot listen on port ${port} of ${host}: ${reason}`, { cause }));
    };
    server.once("error", refuse);
    server.listen(port, host, () => {
      server.off("error", refuse);
      const { address, family, port: bound } = server.address() as AddressInfo;
      resolve(`http://${family === "IPv6" ? `[${address}]` : address}:${bound}`);
    });
  });
}
