/** The torch backend in workers and child processes beside this process, which uses it too. */
import { fork, spawnSync } from "node:child_process";
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { tf } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";
import { ANSWER, runSeries, TORCH_PROGRAM } from "./program.ts";

// Skipped, with a printed reason, only where the addon is not built; under CI=true that is a failure instead.
const describeTorch = describe.skipIf((await torchUnavailable()) !== undefined);

const LIMITED_PROGRAM = fileURLToPath(new URL("./limited-program.mjs", import.meta.url));

/** util-linux's program that limits another's memory. */
function hasPrlimit(): boolean {
  const isThere = spawnSync("prlimit", ["--version"]).status === 0;
  if (!isThere) console.warn("skipped: a process whose memory runs out (no prlimit)");
  return isThere;
}

/** The answer and exit code of a child. */
async function outcomeOf(child: ReturnType<typeof fork>): Promise<{ answer: unknown; code: number | null }> {
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const answer = await new Promise((resolve, reject) => child.once("message", resolve).once("error", reject));
  return { answer, code: await ended };
}

describeTorch("torch in workers and processes", () => {
  const computeHere = () => tf.tidy(() => Array.from(tf.matMul(tf.ones([2, 3]), tf.ones([3, 1])).dataSync()));

  it("20 workers in series of 10 end by themselves or are ended in mid-kernel", async () => {
    await runSeries(2);
    expect(computeHere()).toEqual([3, 3]);
  });

  it("a forked child computes", async () => {
    computeHere();
    expect(await outcomeOf(fork(TORCH_PROGRAM))).toEqual({ answer: ANSWER, code: 0 });
    expect(computeHere()).toEqual([3, 3]);
  });

  it("a child killed in mid-kernel harms nobody", async () => {
    const child = fork(TORCH_PROGRAM, ["--endless"]);
    const outcome = outcomeOf(child);
    child.once("message", () => setTimeout(() => child.kill("SIGKILL"), 5));
    expect(await outcome).toEqual({ answer: ANSWER, code: null });
    expect(computeHere()).toEqual([3, 3]);
  });

  for (const [name, args] of [
    ["a process", []],
    ["a process that has computed nothing before", ["--unused"]],
  ] as const) {
    it.skipIf(!hasPrlimit())(`${name} whose memory runs out gets Errors, and goes on when some is free`, async () => {
      const child = fork(LIMITED_PROGRAM, args, { execArgv: ["--expose-gc"] });
      const { answer, code } = (await outcomeOf(child)) as LimitedOutcome;
      expect(code).toBe(0);
      for (const message of answer.filling) expect(message).toMatch(/^Fill: out of memory.*; dispose .* \(output: \[/);
      expect(answer.threads).toMatch(/^setThreads: the system does not start 63 threads more \(.*\); ask for fewer/);
      for (const [kernel, message] of Object.entries(answer.refused)) {
        expect(message, kernel).toMatch(/^\w+: out of memory.*; dispose .* \((inputs|tensor): float32\[/);
      }
      expect(new Set(Object.values(answer.again))).toEqual(new Set([null]));
    });
  }

  it("a cluster's workers compute side by side", async () => {
    cluster.setupPrimary({ exec: TORCH_PROGRAM });
    const workers = [cluster.fork(), cluster.fork()];
    const outcomes = await Promise.all(workers.map((worker) => outcomeOf(worker.process)));
    for (const { answer } of outcomes) expect(answer).toEqual(ANSWER);
    expect(computeHere()).toEqual([3, 3]);
  });
});

/** What limited-program.mjs sends. */
interface LimitedOutcome {
  readonly code: number | null;
  readonly answer: {
    readonly filling: readonly string[];
    readonly threads: string | null;
    readonly refused: Readonly<Record<string, string | null>>;
    readonly again: Readonly<Record<string, string | null>>;
  };
}
