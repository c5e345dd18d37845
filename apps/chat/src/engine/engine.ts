/** Everything the server computes: models by name, jobs in, events out. It knows nothing of HTTP. */
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import { Job } from "./job.ts";
import { ModelPool, type PoolStats } from "./model-pool.ts";
import type { LoadedModel, WorkerOptions } from "./protocol.ts";

export type EngineOptions = {
  readonly models: readonly { readonly id: string; readonly folder: string }[];
  readonly backend: WorkerOptions["backend"];
  /** Worker threads of each model. */
  readonly numWorkers: number;
  /** Jobs that one worker runs at a time. */
  readonly maxRunning: number;
  /** Tokens that one worker's running jobs may hold in the cache together; left out, as many as suit what computes. */
  readonly maxRunningTokens?: number;
  /** Jobs that may wait for each model. */
  readonly maxWaiting: number;
  /** Jobs that one owner may have open. */
  readonly maxJobsPerOwner: number;
  /** Takes a line for people. */
  readonly log: (line: string) => void;
};

/** A model that is served. */
export type ServedModel = LoadedModel & { readonly id: string };

/** A job that cannot be taken in now. */
export class BusyError extends Error {
  readonly code: "queue_full" | "too_many_jobs" | "draining";
  /** When it may be worth trying again. */
  readonly retryAfterSeconds: number;

  constructor(code: BusyError["code"], message: string, retryAfterSeconds: number) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #pools = new Map<string, ModelPool>();
  readonly #models = new Map<string, ServedModel>();
  readonly #jobsOfOwner = new Map<string, number>();
  #nextJob = 0;
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  private constructor(options: EngineOptions) {
    this.#options = options;
  }

  /**
   * Loads every model in its workers.
   * @throws Error naming the model that cannot be loaded; nothing keeps running then
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    try {
      await Promise.all(options.models.map(({ id, folder }) => engine.#startModel(id, folder)));
      return engine;
    } catch (error) {
      await engine.#stop();
      throw error;
    }
  }

  /** In the order of the options. */
  get models(): ServedModel[] {
    return this.#options.models.map(({ id }) => this.#models.get(id) as ServedModel);
  }

  /** Every model has a worker that is ready, and jobs are taken in. */
  get isReady(): boolean {
    return !this.#isDraining && [...this.#pools.values()].every((pool) => pool.isReady);
  }

  get numOpenJobs(): number {
    return [...this.#jobsOfOwner.values()].reduce((sum, count) => sum + count, 0);
  }

  stats(): ReadonlyMap<string, PoolStats> {
    return new Map([...this.#pools].map(([id, pool]) => [id, pool.stats]));
  }

  /**
   * Takes in jobs for one of the models, all or none.
   * @throws {BusyError} when the queue is full, the owner has too many jobs open, or the engine is draining
   */
  submit(modelId: string, requests: readonly PipelineSessionRequest[], owner: string): Job[] {
    const pool = this.#pools.get(modelId);
    if (pool === undefined) throw new RangeError(`Engine.submit: model (="${modelId}") is not served`);
    const numOpen = this.#jobsOfOwner.get(owner) ?? 0;
    const retryAfter = Math.ceil(pool.etaSeconds ?? 1);
    if (this.#isDraining) throw new BusyError("draining", "the server is shutting down; try another one", 5);
    if (numOpen + requests.length > this.#options.maxJobsPerOwner) {
      throw new BusyError(
        "too_many_jobs",
        `this key has ${numOpen} answers under way and may have ${this.#options.maxJobsPerOwner}; wait for one to end`,
        retryAfter,
      );
    }
    if (requests.length > pool.room) {
      throw new BusyError(
        "queue_full",
        `${pool.stats.numWaiting} requests are waiting already; try again in ${retryAfter} s`,
        retryAfter,
      );
    }
    const jobs = requests.map(
      (request) => new Job({ id: this.#nextJob++, request, owner, onCancel: (job) => pool.drop(job) }),
    );
    this.#jobsOfOwner.set(owner, numOpen + jobs.length);
    pool.add(jobs);
    return jobs;
  }

  /** Ends a worker as a crash would; another takes its place and the jobs of others go on. */
  async replaceWorker(modelId: string, index: number): Promise<void> {
    await this.#pools.get(modelId)?.replaceWorker(index);
  }

  /** Takes in nothing more, lets open jobs end for a time at most, then stops; jobs still open fail. */
  async close({ drainSeconds = 0 }: { drainSeconds?: number } = {}): Promise<void> {
    this.#isDraining = true;
    if (this.numOpenJobs > 0 && drainSeconds > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, drainSeconds * 1000);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.#stop();
  }

  async #startModel(id: string, folder: string): Promise<void> {
    const { backend, numWorkers, maxRunning, maxRunningTokens, maxWaiting, log } = this.#options;
    const pool = new ModelPool({
      worker: { folder, backend, maxRunningTokens },
      numWorkers,
      maxRunning,
      maxWaiting,
      onDone: (job) => this.#onDone(job),
      log: (line) => log(`model ${id}: ${line}`),
    });
    this.#pools.set(id, pool);
    try {
      this.#models.set(id, { id, ...(await pool.start()) });
    } catch (cause) {
      throw new Error(`model "${id}" (${folder}) cannot be served: ${(cause as Error).message}`, { cause });
    }
  }

  #onDone({ owner }: Job): void {
    const numOpen = (this.#jobsOfOwner.get(owner) as number) - 1;
    if (numOpen === 0) this.#jobsOfOwner.delete(owner);
    else this.#jobsOfOwner.set(owner, numOpen);
    if (this.#jobsOfOwner.size === 0) this.#onIdle?.();
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop()));
  }
}
