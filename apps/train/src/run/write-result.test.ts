import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FileSink } from "@interfuse/tensor";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeResult } from "./write-result.ts";

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "interfuse-result-"));
});
afterEach(() => rm(out, { recursive: true }));

it("a result that is only in part in the place of an earlier one has no config", async () => {
  const bytes = new Uint8Array([1]);
  const weights = (sink: FileSink) => sink.write("model.safetensors", bytes);
  const whole = async (sink: FileSink) => {
    await weights(sink);
    await sink.write("config.json", bytes);
  };
  await writeResult(out, whole);
  const cutOff = writeResult(out, async (sink) => {
    await weights(sink);
    throw new Error("cut off");
  });
  await expect(cutOff).rejects.toThrow("cut off");
  expect(await readdir(out)).toEqual(["model.safetensors"]);
  await writeResult(out, whole);
  expect((await readdir(out)).sort()).toEqual(["config.json", "model.safetensors"]);
});
