import { describe, expect, it, vi } from "vitest";
import { Job } from "../engine/job.ts";
import { Answer, type AnswerEvent } from "./answer.ts";
import { RunningAnswers } from "./running-answers.ts";

const RECORD = { prompt: "a", seed: 1, steps: 1, guidanceScale: 1, solver: "euler", model: "m" };

function start(onInternalError = vi.fn()) {
  const onCancel = vi.fn();
  const job = new Job({ id: 0, request: { messages: [], answer: "image" }, owner: "a", onCancel });
  return { job, onCancel, onInternalError, answer: new Answer({ jobs: [job], records: [RECORD], onInternalError }) };
}

async function read({ events }: Answer): Promise<AnswerEvent["event"][]> {
  const read: AnswerEvent["event"][] = [];
  for await (const { event } of events) read.push(event);
  return read;
}

describe("Answer", () => {
  it("logs what went wrong inside, and not what the request is to blame for", async () => {
    const broken = start();
    broken.job.fail({ code: "internal", message: "no memory" });
    expect(await read(broken.answer)).toMatchObject([{ type: "error", error: { code: "internal" } }]);
    expect(broken.onInternalError.mock.calls).toEqual([["no memory"]]);
    const refused = start();
    refused.job.fail({ code: "context_length_exceeded", message: "too long" });
    await refused.answer.done;
    expect(refused.onInternalError).not.toHaveBeenCalled();
  });

  it("ends with an error when a picture cannot be encoded, and gives the job up", async () => {
    const { job, answer, onCancel, onInternalError } = start();
    job.receive({ type: "image", picture: { width: 2, height: 2, data: new Uint8Array(1) } });
    expect(await read(answer)).toMatchObject([{ type: "error", error: { code: "internal" } }]);
    expect([onCancel.mock.calls.length, onInternalError.mock.calls.length]).toEqual([1, 1]);
  });
});

describe("RunningAnswers", () => {
  const identity = { owner: "a", path: "/", digest: "d", isRetry: true };

  it("gives a retry the answer that is under way or was made, and another one where that failed", async () => {
    const answers = new RunningAnswers();
    const first = start();
    expect(answers.open(identity, () => first.answer)).toBe(first.answer);
    expect(answers.open(identity, () => start().answer)).toBe(first.answer);
    first.job.fail({ code: "worker_died", message: "gone" });
    await first.answer.done;
    const second = start();
    expect(answers.open(identity, () => second.answer)).toBe(second.answer);
    second.job.receive({
      type: "end",
      reason: "stop",
      usage: { promptTextTokens: 1, promptImageTokens: 0, textTokens: 1, imageTokens: 0 },
    });
    await second.answer.done;
    expect(answers.open(identity, () => start().answer)).toBe(second.answer);
  });
});
