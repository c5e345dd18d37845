/** Starts the server under test, reads its metrics and ends it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ServerOptions } from "@interfuse/chat";

/** What the server is started with; the rest is as `interfuse serve` has it. */
export interface HostOptions {
  /** Model folder. */
  readonly model: string;
  readonly backend: NonNullable<ServerOptions["backend"]>;
  readonly numWorkers: number;
  /** Bytes of made images that are kept. */
  readonly maxStoredBytes?: number;
}

export class ServerProcess {
  /** Where it listens. */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  /** @throws Error when the server ends instead of listening */
  static async start(options: HostOptions): Promise<ServerProcess> {
    const host = fileURLToPath(new URL("./host.js", import.meta.url));
    const child = fork(host, [JSON.stringify(options)]);
    const ended = once(child, "exit").then(() => {
      throw new Error("bench: the server ended before it listened; see above");
    });
    const [{ url }] = (await Promise.race([once(child, "message"), ended])) as [{ url: string }];
    ended.catch(() => undefined);
    return new ServerProcess(child, url);
  }

  /** Whether it still runs. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The values of `/metrics` by name without `interfuse_`; the labels of a name are added up. */
  async metrics(): Promise<Readonly<Record<string, number>>> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const values: Record<string, number> = {};
    for (const [, name, value] of text.matchAll(/^interfuse_(\w+)(?:\{.*\})? (\S+)$/gm)) {
      values[name as string] = (values[name as string] ?? 0) + Number(value);
    }
    return values;
  }

  /** Ends one worker thread in the middle of what it does. */
  endWorker(): void {
    this.#process.send("end-worker");
  }

  async stop(): Promise<void> {
    if (!this.isAlive) return;
    const exit = once(this.#process, "exit");
    this.#process.disconnect();
    await exit;
  }
}
