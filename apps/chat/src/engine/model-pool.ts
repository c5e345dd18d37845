/** The workers of one model and the jobs that wait for them, first come, first served. */
import type { Job } from "./job.ts";
import type { LoadedModel, WorkerMessage, WorkerOptions } from "./protocol.ts";
import { WorkerHandle } from "./worker-handle.ts";

export type PoolOptions = {
  readonly worker: WorkerOptions;
  readonly numWorkers: number;
  /** Jobs that one worker runs at a time. */
  readonly maxRunning: number;
  /** Jobs that may wait. */
  readonly maxWaiting: number;
  /** Called with each job that ended, failed or was cancelled. */
  readonly onDone: (job: Job) => void;
  /** Takes a line for people. */
  readonly log: (line: string) => void;
};

/** How a pool is doing; the `num…` of ended jobs count since its start. */
export type PoolStats = {
  readonly numWaiting: number;
  readonly numRunning: number;
  readonly numReadyWorkers: number;
  readonly numWorkerDeaths: number;
  readonly numCompleted: number;
  readonly numFailed: number;
  /** Of requests that the model cannot answer, through no fault of the server. */
  readonly numRefused: number;
  readonly numCancelled: number;
  readonly numRetried: number;
  /** Of the slowest worker's last step. */
  readonly stepMilliseconds: number;
};

/** A job is started again at most once. */
const MAX_ATTEMPTS = 2;
/** Weight of the newest job in the mean time that a job takes. */
const MEAN_WEIGHT = 0.2;

type PoolWorker = { readonly handle: WorkerHandle; readonly jobs: Map<number, Job> };

export class ModelPool {
  readonly #options: PoolOptions;
  readonly #workers: readonly PoolWorker[];
  #waiting: Job[] = [];
  #meanSeconds: number | undefined;
  #counts = { numCompleted: 0, numFailed: 0, numRefused: 0, numCancelled: 0, numRetried: 0 };

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.numWorkers }, () => {
      const worker: PoolWorker = {
        jobs: new Map(),
        handle: new WorkerHandle(options.worker, {
          onReady: () => this.#dispatch(),
          onStep: (message) => this.#onStep(worker, message),
          onDeath: (reason) => this.#onDeath(worker, reason),
        }),
      };
      return worker;
    });
  }

  /** Loads the model in every worker. @throws Error when one cannot; the others are stopped then */
  async start(): Promise<LoadedModel> {
    try {
      const models = await Promise.all(this.#workers.map(({ handle }) => handle.start()));
      return models[0] as LoadedModel;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Whether some worker can take a job now or later without a restart. */
  get isReady(): boolean {
    return this.#workers.some(({ handle }) => handle.isReady);
  }

  /** Jobs that could still be taken in. */
  get room(): number {
    const free = this.#readyWorkers().reduce((sum, { jobs }) => sum + this.#options.maxRunning - jobs.size, 0);
    return this.#options.maxWaiting + free - this.#waiting.length;
  }

  /** Seconds until a job that came now would start; undefined before any job has ended. */
  get etaSeconds(): number | undefined {
    return this.#etaOf(this.#waiting.length);
  }

  get stats(): PoolStats {
    return {
      numWaiting: this.#waiting.length,
      numRunning: this.#workers.reduce((sum, { jobs }) => sum + jobs.size, 0),
      numReadyWorkers: this.#readyWorkers().length,
      numWorkerDeaths: this.#workers.reduce((sum, { handle }) => sum + handle.numDeaths, 0),
      stepMilliseconds: Math.max(...this.#workers.map(({ handle }) => handle.stepMilliseconds)),
      ...this.#counts,
    };
  }

  /** Queues jobs; `room` says whether they may be. */
  add(jobs: readonly Job[]): void {
    this.#waiting.push(...jobs);
    this.#dispatch();
  }

  /** Forgets a cancelled job and frees what it holds. */
  drop(job: Job): void {
    const worker = this.#workers.find(({ jobs }) => jobs.delete(job.id));
    worker?.handle.send({ type: "cancel", job: job.id });
    this.#waiting = this.#waiting.filter((each) => each !== job);
    this.#counts.numCancelled++;
    this.#options.onDone(job);
    this.#dispatch();
  }

  /** Ends worker `index` as a crash would; another takes its place. */
  async replaceWorker(index: number): Promise<void> {
    await this.#workers[index]?.handle.terminate();
  }

  /** Ends all workers; jobs that are still open fail. */
  async stop(): Promise<void> {
    const open = [...this.#waiting, ...this.#workers.flatMap(({ jobs }) => [...jobs.values()])];
    this.#waiting = [];
    for (const { jobs } of this.#workers) jobs.clear();
    for (const job of open) this.#fail(job, "draining", "the server is shutting down");
    await Promise.all(this.#workers.map(({ handle }) => handle.stop()));
  }

  #readyWorkers(): PoolWorker[] {
    return this.#workers.filter(({ handle }) => handle.isReady);
  }

  /** Hands waiting jobs to the least busy workers, and tells the others where they stand. */
  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const [worker] = this.#readyWorkers().toSorted((a, b) => a.jobs.size - b.jobs.size);
      if (worker === undefined || worker.jobs.size >= this.#options.maxRunning) break;
      const job = this.#waiting.shift() as Job;
      worker.jobs.set(job.id, job);
      job.start();
      worker.handle.send({ type: "add", job: job.id, request: job.request });
    }
    this.#waiting.forEach((job, position) => {
      job.tellPosition(position, this.#etaOf(position));
    });
  }

  #onStep({ jobs }: PoolWorker, { events }: Extract<WorkerMessage, { type: "step" }>): void {
    for (const { job: id, event } of events) {
      const job = jobs.get(id);
      if (job === undefined) continue; // cancelled while the message was on its way
      job.receive(event);
      if (!job.isDone) continue;
      jobs.delete(id);
      if (event.type !== "error") this.#complete(job);
      else if (event.error.code === "internal") this.#counts.numFailed++;
      else this.#counts.numRefused++;
      this.#options.onDone(job);
    }
    this.#dispatch();
  }

  #complete(job: Job): void {
    this.#counts.numCompleted++;
    const seconds = (performance.now() - job.startTime) / 1000;
    this.#meanSeconds =
      this.#meanSeconds === undefined ? seconds : this.#meanSeconds + MEAN_WEIGHT * (seconds - this.#meanSeconds);
  }

  /** Jobs that have told nothing yet start over, ahead of the others; the rest fail. */
  #onDeath(worker: PoolWorker, reason: string): void {
    this.#options.log(`a worker stopped (${reason}); another is being started`);
    const lost = [...worker.jobs.values()];
    worker.jobs.clear();
    const again = lost.filter((job) => !job.hasShown && job.numAttempts < MAX_ATTEMPTS);
    this.#waiting.unshift(...again);
    this.#counts.numRetried += again.length;
    for (const job of lost) {
      if (!again.includes(job)) this.#fail(job, "worker_died", `the model's worker stopped (${reason}); try again`);
    }
    this.#dispatch();
  }

  #fail(job: Job, code: "worker_died" | "draining", message: string): void {
    job.fail({ code, message });
    this.#counts.numFailed++;
    this.#options.onDone(job);
  }

  #etaOf(position: number): number | undefined {
    const slots = Math.max(1, this.#readyWorkers().length) * this.#options.maxRunning;
    return this.#meanSeconds === undefined ? undefined : ((position + 1) * this.#meanSeconds) / slots;
  }
}
