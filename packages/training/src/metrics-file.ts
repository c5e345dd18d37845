/**
 * `metrics.jsonl`: one JSON object a step, in step order, without gaps or repeats even after kills and resumes.
 *
 * Opening a run at step s drops the lines of later steps, which the resumed run makes again. Those of earlier ones must be on disk
 * when the checkpoint of step s is: `flush` before it is written.
 */
import { appendFile, mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFailureReason } from "./checkpoint/atomic-folder.ts";
import type { Reporter, TrainingEvent } from "./events.ts";
import { Throughput } from "./throughput.ts";

/** Appends every step to a JSONL file. `report` throws an Error naming the file when it cannot be written. */
export class MetricsFile implements Reporter {
  readonly #path: string;
  readonly #throughput: Throughput;

  constructor(path: string, { flopsPerToken }: { flopsPerToken?: number } = {}) {
    this.#path = path;
    this.#throughput = new Throughput({ flopsPerToken });
  }

  async report(event: TrainingEvent): Promise<void> {
    if (event.type === "start") await this.#written(this.#truncateAfter(event.step));
    if (event.type !== "step") return;
    const { type: _, losses, ...rest } = event;
    const { tokensPerSecond, flopsPerSecond } = this.#throughput.add(event);
    const line = { ...rest, ...prefixed("loss/", losses), tokensPerSecond, flopsPerSecond };
    await this.#written(appendFile(this.#path, `${JSON.stringify(line)}\n`));
  }

  /** Resolves when every line reported so far would outlive the machine's death. */
  async flush(): Promise<void> {
    await this.#written(syncFile(this.#path));
  }

  async #truncateAfter(step: number): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const text = await readFile(this.#path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return "";
      throw error;
    });
    const kept = text.split("\n").filter((line) => stepOf(line) <= step);
    const temporary = `${this.#path}.new`;
    await writeFile(temporary, kept.map((line) => `${line}\n`).join(""), { flush: true });
    await rename(temporary, this.#path);
  }

  async #written(writing: Promise<void>): Promise<void> {
    await writing.catch((cause) => {
      throw new Error(
        `MetricsFile: "${this.#path}" could not be written (${writeFailureReason(cause)}); make room or permit it, then go on from the last checkpoint`,
        { cause },
      );
    });
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "a");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The step of a line; infinite for one that a kill cut short. */
function stepOf(line: string): number {
  try {
    return (JSON.parse(line) as { step: number }).step;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
