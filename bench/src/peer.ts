/** A peer program in Python, driven line by line, so that its runs and ours can alternate in one session. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * A Python that imports torch: `INTERFUSE_PYTHON`, else `python3`.
 * @throws Error saying what to install.
 */
function findPython(): string {
  const candidates = [process.env.INTERFUSE_PYTHON, "python3"].filter((name) => name !== undefined);
  for (const candidate of candidates) {
    if (spawnSync(candidate, ["-c", "import torch"], { stdio: "ignore" }).status === 0) return candidate;
  }
  throw new Error(
    "bench: no Python with PyTorch found; make one (python3 -m venv peer && peer/bin/pip install torch) and set INTERFUSE_PYTHON to its python3",
  );
}

/** A running peer: each `ask` sends one line of JSON and waits for one line of JSON. */
export class Peer {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  /** Starts `bench/peers/NAME.py` with its arguments as one JSON object. */
  constructor(name: string, options: object) {
    const script = fileURLToPath(new URL(`../peers/${name}.py`, import.meta.url));
    if (!existsSync(script)) throw new Error(`bench: no peer program at ${script}`);
    this.#process = spawn(findPython(), [script, JSON.stringify(options)], { stdio: ["pipe", "pipe", "pipe"] });
    this.#process.stderr.resume();
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async ask<Answer>(question: object): Promise<Answer> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("bench: the peer program ended early");
    return JSON.parse(value) as Answer;
  }

  close(): void {
    this.#process.kill();
  }
}
