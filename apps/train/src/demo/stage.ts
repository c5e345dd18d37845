/**
 * The demo as a chain of stages. A finished stage leaves a record of what it was made from, so that a second run reuses it; a stage
 * whose settings changed, or that comes after one that was made anew, is made anew.
 */
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import type { JsonValue } from "@interfuse/training";

/** One stage of the demo. */
export type Stage<Result> = {
  readonly name: string;
  /** Settings that, when they change, make the old result worthless. */
  readonly inputs: JsonValue;
  /** Files and folders (in the demo's folder) that are removed before the stage is made anew. */
  readonly outputs: readonly string[];
  /** Makes the outputs and returns what later stages need, as JSON. What a killed run left of them is still there, to go on from. */
  readonly run: () => Promise<Result>;
};

/** What a record holds. */
type StageRecord = { readonly inputs: JsonValue; readonly result: unknown; readonly seconds: number };

/** Runs stages in order in one folder. */
export class StageRunner {
  readonly #folder: string;
  readonly #log: (line: string) => void;
  #isAnew = false;

  constructor(folder: string, { log }: { log: (line: string) => void }) {
    this.#folder = folder;
    this.#log = log;
  }

  /** The result of a stage: recorded earlier, or made now. */
  async run<Result>(stage: Stage<Result>): Promise<Result> {
    const { name, inputs, outputs } = stage;
    const finished = await this.#read(`${name}.json`);
    const isSame = (record: { inputs: JsonValue } | undefined) =>
      JSON.stringify(record?.inputs) === JSON.stringify(inputs);
    if (finished !== undefined && isSame(finished) && !this.#isAnew) {
      this.#log(`${name}: reused (made in ${Math.round(finished.seconds)} s; --fresh starts over)`);
      return finished.result as Result;
    }
    const begun = await this.#read(`${name}.begun.json`);
    const goesOn = finished === undefined && isSame(begun) && !this.#isAnew;
    if (finished !== undefined) this.#log(`${name}: settings changed, made anew`);
    else this.#log(goesOn ? `${name}: going on where it was stopped` : `${name}:`);
    if (!goesOn) {
      for (const output of outputs) await rm(join(this.#folder, output), { recursive: true, force: true });
      await rm(this.#record(`${name}.json`), { force: true });
      await this.#write(`${name}.begun.json`, { inputs });
    }
    this.#isAnew = true;
    const start = performance.now();
    const result = await stage.run();
    await this.#write(`${name}.json`, { inputs, result, seconds: (performance.now() - start) / 1000 });
    await rm(this.#record(`${name}.begun.json`), { force: true });
    return result;
  }

  /** Whether any stage has begun in this folder. */
  async hasStarted(): Promise<boolean> {
    return (await readdir(join(this.#folder, "stages")).catch(() => [])).length > 0;
  }

  /** What a stage was made from, if it is finished. */
  async recorded(name: string): Promise<{ readonly inputs: JsonValue } | undefined> {
    return this.#read(`${name}.json`);
  }

  #record(file: string): string {
    return join(this.#folder, "stages", file);
  }

  async #read(file: string): Promise<StageRecord | undefined> {
    const text = await readFile(this.#record(file), "utf8").catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as StageRecord);
  }

  async #write(file: string, value: unknown): Promise<void> {
    await mkdir(join(this.#folder, "stages"), { recursive: true });
    await writeFileAtomically(this.#record(file), `${JSON.stringify(value, null, 2)}\n`);
  }
}
