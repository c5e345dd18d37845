/** What a server is started with. */
import type { BlockList } from "node:net";
import { availableParallelism } from "node:os";
import type { WorkerOptions } from "../engine/protocol.ts";
import { folderName } from "../folder-name.ts";
import type { ApiKey } from "../security/api-keys.ts";
import { parseAddresses } from "../security/client-address.ts";

export type ServerOptions = {
  /** Folders to serve; the first is the default model. An id is the folder's name unless given. */
  readonly models: readonly { readonly folder: string; readonly id?: string }[];
  /** Address to listen on; default "127.0.0.1", this machine only. */
  readonly host?: string;
  /** Default 8000; 0 takes a free one. */
  readonly port?: number;
  /** What computes, for every worker. Several workers share the processor's threads unless `threads` says otherwise. */
  readonly backend?: WorkerOptions["backend"];
  /** Worker threads of each model, default 1; each holds a copy of the model. */
  readonly numWorkers?: number;
  /** Answers that one worker makes at a time, default 16. */
  readonly maxRunning?: number;
  /** Tokens that one worker's running answers may hold in its cache together; default 8192 on libtorch, else 2048. */
  readonly maxRunningTokens?: number;
  /** Answers that may wait for each model, default 64. */
  readonly maxWaiting?: number;
  /** Answers that one key (without keys: one address, of IPv6 one /64) may have under way, default 32. */
  readonly maxJobsPerKey?: number;
  /** Keys that may ask; without any, everyone who reaches the server may. */
  readonly apiKeys?: readonly ApiKey[];
  /** Addresses, or ranges as "10.0.0.0/8", of reverse proxies whose `X-Forwarded-For` tells who asks; default none. */
  readonly trustedProxies?: readonly string[];
  /** Origins of web pages that may ask from a browser, as "https://chat.example.org"; default none. */
  readonly corsOrigins?: readonly string[];
  /** How clients reach the server, as "https://chat.example.org", for the addresses of images; default as they asked. */
  readonly publicUrl?: string;
  /** Names under which the server is reached, beside its address and localhost; `*` allows all. */
  readonly hostNames?: readonly string[];
  /** Hosts from which pictures may be fetched, as "images.example.org"; default none. */
  readonly imageHosts?: readonly string[];
  /** Whether who may ask may also read the models' files, to run them in a browser; default false. */
  readonly shareModels?: boolean;
  /** Hosts beside this one from which the page may read models to run them in the browser, as "models.example.org"; default none. */
  readonly modelHosts?: readonly string[];
  /** Whether the image endpoints answer unknown model names with the default model; default true, since many clients have a fixed list. */
  readonly mapUnknownImageModels?: boolean;
  readonly limits?: Partial<Limits>;
  /** Seconds that open answers may take to end when the server is closed, default 30. */
  readonly drainSeconds?: number;
  /** Takes a line for people; default nothing. */
  readonly log?: (line: string) => void;
};

/** Bounds on what one request may ask, and on what is held in memory. */
export type Limits = {
  /** Of a request's body. */
  readonly maxBodyBytes: number;
  /** Of the bodies of all requests that are being read. */
  readonly maxTotalBodyBytes: number;
  /** Of a picture in a request, before it is reduced to the model's size. */
  readonly maxPixels: number;
  /** Pictures in a request. */
  readonly maxPictures: number;
  readonly maxMessages: number;
  /** Characters of all texts of a request. */
  readonly maxCharacters: number;
  /** Denoising steps of an image. */
  readonly maxSteps: number;
  /** Images, or choices, of one request. */
  readonly maxCount: number;
  /** Bytes of made images that are kept. */
  readonly maxStoredBytes: number;
};

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 32 * 2 ** 20,
  maxTotalBodyBytes: 256 * 2 ** 20,
  maxPixels: 2 ** 24,
  maxPictures: 32,
  maxMessages: 512,
  maxCharacters: 2 ** 17,
  maxSteps: 250,
  maxCount: 10,
  maxStoredBytes: 256 * 2 ** 20,
};

/** `ServerOptions` with defaults filled in. */
export type ResolvedServerOptions = Required<
  Omit<ServerOptions, "models" | "limits" | "maxRunningTokens" | "trustedProxies">
> & {
  readonly maxRunningTokens?: number;
  readonly models: readonly { readonly folder: string; readonly id: string }[];
  readonly limits: Limits;
  readonly trustedProxies: BlockList;
};

const MAX_PORT = 65535;

/** Fills in defaults. @throws {RangeError} naming the option, its value and the rule */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  const { models, limits, trustedProxies = [], ...others } = options;
  const resolved: ResolvedServerOptions = {
    host: "127.0.0.1",
    port: 8000,
    backend: {},
    numWorkers: 1,
    maxRunning: 16,
    maxWaiting: 64,
    maxJobsPerKey: 32,
    apiKeys: [],
    corsOrigins: [],
    publicUrl: "",
    hostNames: [],
    imageHosts: [],
    shareModels: false,
    modelHosts: [],
    mapUnknownImageModels: true,
    drainSeconds: 30,
    log: () => undefined,
    ...defined(others),
    models: models.map(({ folder, id }) => ({ folder, id: id ?? folderName(folder) })),
    limits: { ...DEFAULT_LIMITS, ...limits },
    trustedProxies: parseAddresses(trustedProxies),
  };
  checkModels(resolved.models);
  checkHosts(resolved.modelHosts);
  checkOrigins(resolved.corsOrigins);
  checkPublicUrl(resolved.publicUrl);
  for (const name of ["numWorkers", "maxRunning", "maxJobsPerKey"] as const) checkWhole(name, resolved[name], 1);
  if (resolved.maxRunningTokens !== undefined) checkWhole("maxRunningTokens", resolved.maxRunningTokens, 1);
  for (const name of ["port", "maxWaiting", "drainSeconds"] as const) checkWhole(name, resolved[name], 0);
  if (resolved.port > MAX_PORT)
    throw new RangeError(`startServer: port (=${resolved.port}) must be at most ${MAX_PORT}`);
  checkWhole("limits.maxTotalBodyBytes", resolved.limits.maxTotalBodyBytes, resolved.limits.maxBodyBytes);
  return {
    ...resolved,
    backend: { ...resolved.backend, threads: resolved.backend.threads ?? shareOfThreads(resolved) },
  };
}

/** A worker's share of the processor's threads; left to the backend when there is one worker. */
function shareOfThreads({ models, numWorkers }: ResolvedServerOptions): number | undefined {
  const total = models.length * numWorkers;
  return total === 1 ? undefined : Math.max(1, Math.floor(availableParallelism() / total));
}

function checkModels(models: ResolvedServerOptions["models"]): void {
  if (models.length === 0) throw new RangeError("startServer: models is empty; give at least one folder");
  const ids = models.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new RangeError(`startServer: two models are named "${twice}"; name them apart, as NAME=FOLDER`);
  }
}

/** They become part of a header. */
function checkHosts(hosts: readonly string[]): void {
  const wrong = hosts.find((host) => !/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i.test(host));
  if (wrong !== undefined) {
    throw new RangeError(`startServer: modelHosts ("${wrong}") must be host names, as "models.example.org"`);
  }
}

/** They are compared with what browsers send, which has no path and no default port. */
function checkOrigins(origins: readonly string[]): void {
  const isOrigin = (text: string) =>
    /^(\*|null|[a-z][a-z0-9+.-]*:\/\/[^/]+)$/.test(text) &&
    (!/^https?:/.test(text) || (URL.canParse(text) && new URL(text).origin === text));
  const wrong = origins.find((origin) => !isOrigin(origin));
  if (wrong !== undefined) {
    throw new RangeError(
      `startServer: corsOrigins ("${wrong}") must be origins without a path, as "https://chat.example.org", or "*"`,
    );
  }
}

function checkPublicUrl(url: string): void {
  if (url === "" || (/^https?:\/\//i.test(url) && URL.canParse(url))) return;
  throw new RangeError(`startServer: publicUrl ("${url}") must be an address, as "https://chat.example.org"`);
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`startServer: ${name} (=${value}) must be a whole number of at least ${least}`);
  }
}

/** Without the keys whose value is undefined, which would otherwise hide a default. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
