import type { EventEmitter } from "node:events";
import { beforeEach, expect, it, vi } from "vitest";
import { WorkerHandle } from "./worker-handle.ts";

/** A thread; what it had said when it was terminated still arrives before its exit. */
type FakeThread = EventEmitter & { lastMessage?: object };
const threads = vi.hoisted(() => [] as FakeThread[]);
vi.mock("node:worker_threads", async () => {
  const events = await import("node:events");
  class Worker extends events.EventEmitter {
    lastMessage: object | undefined;

    constructor() {
      super();
      threads.push(this as FakeThread);
    }

    async terminate(): Promise<void> {
      if (this.lastMessage !== undefined) this.emit("message", this.lastMessage);
      this.emit("exit", 1);
    }
  }
  return { Worker };
});

const READY = { type: "ready", model: {} };
const listener = { onReady: vi.fn(), onStep: vi.fn(), onDeath: vi.fn() };
const start = () => {
  const handle = new WorkerHandle({ folder: "model", backend: {} }, listener);
  return { handle, started: handle.start() };
};

beforeEach(() => {
  vi.useFakeTimers();
  threads.length = 0;
  listener.onDeath.mockClear();
});

it("starts no other thread once it is stopped, whatever the thread had still said", async () => {
  const { handle, started } = start();
  (threads[0] as FakeThread).lastMessage = READY;
  await Promise.all([expect(started).rejects.toThrow(/exited/), handle.stop()]);
  await vi.runAllTimersAsync();
  expect([threads.length, handle.isReady, listener.onDeath.mock.calls]).toEqual([1, false, []]);
});

it("tells why a thread died, and why the next could not start", async () => {
  const { handle, started } = start();
  threads[0]?.emit("message", READY);
  await started;
  threads[0]?.emit("error", new Error("out of memory"));
  threads[0]?.emit("exit", 1);
  await vi.advanceTimersByTimeAsync(0);
  threads[1]?.emit("message", { type: "failed", message: "no such folder" });
  expect(listener.onDeath.mock.calls).toEqual([["out of memory"], ["no such folder"]]);
  await vi.advanceTimersByTimeAsync(100);
  expect([threads.length, handle.numDeaths]).toEqual([3, 2]);
  await handle.stop();
});
