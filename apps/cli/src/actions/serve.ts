/** `interfuse serve`: the server, from flags to its end. */
import { readFile, stat } from "node:fs/promises";
import { type ApiKey, parseApiKeys, startServer } from "@interfuse/chat";
import { logLine, stderrOutput, UsageError } from "@interfuse/train";
import type { ServeOptions } from "../commands/serve-command.ts";

/** Serves until it is told to stop, then lets open answers end. Prints where it listens, or with --json an object. */
export async function serve(options: ServeOptions): Promise<void> {
  const { json, quiet, host, port, drain } = options;
  const output = stderrOutput({ isQuiet: quiet, isJson: json });
  const log = (line: string) => logLine(output, line);
  if (options.model.length === 0) throw new UsageError("serve: --model <dir> is needed, once or several times");
  const models = await Promise.all(options.model.map(readModel));
  const apiKeys = await readApiKeys(options.apiKeyFile);
  const { backend, device, precision, threads } = options;
  const server = await startServer({
    models,
    host,
    port,
    apiKeys,
    backend: { backend, device, precision, threads },
    numWorkers: options.workers,
    maxRunning: options.running,
    maxWaiting: options.queue,
    maxJobsPerKey: options.perKey,
    trustedProxies: options.trustedProxy,
    corsOrigins: options.corsOrigin,
    hostNames: options.hostName,
    imageHosts: options.imageHost,
    shareModels: options.shareModel,
    modelHosts: options.modelHost,
    publicUrl: options.publicUrl,
    limits: { maxStoredBytes: options.imageMemory * 2 ** 20 },
    drainSeconds: drain,
    log,
  });
  for (const { id, backend: description } of server.engine.models) log(`model ${id}: ${description}`);
  if (apiKeys.length === 0) log(`no --api-key-file: everyone who reaches ${host} may ask`);
  process.stdout.write(json ? `${JSON.stringify({ url: server.url })}\n` : `${server.url}\n`);
  await stopSignal();
  log(`stopping: open answers have ${drain} s to end; once more to stop at once`);
  void stopSignal().then(() => process.exit(130));
  await server.close();
}

/** `FOLDER` or `NAME=FOLDER`. @throws Error when there is no such folder */
async function readModel(text: string): Promise<{ id?: string; folder: string }> {
  const [, id, folder = text] = /^([\w.:-]+)=(.+)$/.exec(text) ?? [];
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory()) return { id, folder };
  throw new Error(`--model ${text}: no such folder; train one with "interfuse train model --out ${folder}"`);
}

async function readApiKeys(file: string | undefined): Promise<ApiKey[]> {
  if (file === undefined) return [];
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new Error(`--api-key-file ${file}: cannot be read (${cause.message})`, { cause });
  });
  const keys = parseApiKeys(text);
  if (keys.length > 0) return keys;
  throw new Error(`--api-key-file ${file}: has no keys; make one with "interfuse api-key NAME --api-key-file ${file}"`);
}

/** Waits for the next Ctrl-C or SIGTERM. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
  });
}
