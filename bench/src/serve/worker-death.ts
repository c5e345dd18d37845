/**
 * A worker ends in the middle of everything: what had told nothing yet starts over, what had is told so, and what other
 * workers do goes on. A server with one worker takes requests in all the while.
 */
import { AnswerError, drawImage, streamImage } from "./requests.ts";
import { type HostOptions, ServerProcess } from "./server-process.ts";

export interface WorkerDeathOptions extends HostOptions {
  readonly clients: number;
}

const NUM_DEATHS = 5;
const SECONDS_BETWEEN = 2;

/** What became of the requests; the bar is that `numLost` is 0. */
export async function benchServeWorkerDeath(options: WorkerDeathOptions) {
  const server = await ServerProcess.start(options);
  const counts = { numAnswered: 0, numCleanErrors: 0, numLost: 0 };
  const lost: string[] = [];
  let isStopped = false;
  let number = 0;
  const runClient = async () => {
    while (!isStopped) {
      const next = number++;
      try {
        await (next % 2 === 0 ? drawImage(server.url, next) : streamImage(server.url, next));
        counts.numAnswered++;
      } catch (error) {
        if (error instanceof AnswerError && error.isClean) counts.numCleanErrors++;
        else {
          counts.numLost++;
          lost.push((error as Error).message);
        }
      }
    }
  };
  try {
    const clients = Array.from({ length: options.clients }, runClient);
    for (let death = 0; death < NUM_DEATHS; death++) {
      await seconds(SECONDS_BETWEEN);
      server.endWorker();
    }
    await seconds(SECONDS_BETWEEN);
    isStopped = true;
    await Promise.all(clients);
    const { jobs_retried_total, worker_deaths_total } = await server.metrics();
    return {
      bench: "serve-worker-death",
      workers: options.numWorkers,
      deaths: worker_deaths_total,
      ...counts,
      numStartedOver: jobs_retried_total,
      lost: lost.slice(0, 3),
    };
  } finally {
    await server.stop();
  }
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, count * 1000));
}
