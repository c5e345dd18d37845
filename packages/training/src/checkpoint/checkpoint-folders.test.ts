import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeLeftovers, writeFolderAtomically } from "./atomic-folder.ts";
import { checkpointName, latestCheckpoint, listCheckpoints, pruneCheckpoints } from "./checkpoint-folders.ts";
import { readTrainingState } from "./training-state.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-checkpoints-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (name: string) =>
  writeFolderAtomically(folder, name, (sink) => sink.write("deep/file.bin", new Uint8Array([1, 2, 3])));

describe("writeFolderAtomically", () => {
  it("makes the whole folder", async () => {
    expect([...(await readFile(join(await write("a"), "deep", "file.bin")))]).toEqual([1, 2, 3]);
    expect(await readdir(folder)).toEqual(["a"]);
  });

  it("leaves nothing when filling fails, names the reason and refuses to replace", async () => {
    const full = Object.assign(new Error("ENOSPC: no space"), { code: "ENOSPC" });
    const failing = writeFolderAtomically(folder, "b", async (sink) => {
      await sink.write("file", new Uint8Array(3));
      throw full;
    });
    await expect(failing).rejects.toThrow(/no space left on the disk/);
    expect(await readdir(folder)).toEqual([]);
    await write("a");
    await expect(write("a")).rejects.toThrow(/"a" could not be written|could not be written/);
  });

  it("does not write outside the folder", async () => {
    const escaping = writeFolderAtomically(folder, "c", (sink) => sink.write("../out", new Uint8Array(1)));
    await expect(escaping).rejects.toThrow(/must stay inside/);
  });

  it("what a kill left behind is removed", async () => {
    await mkdir(join(folder, ".writing-checkpoint-000003-99"));
    await write("a");
    await removeLeftovers(folder);
    expect(await readdir(folder)).toEqual(["a"]);
  });
});

describe("checkpoints", () => {
  it("are found in order of their steps, past a million too; other names are not", async () => {
    for (const step of [500, 1_000_000, 20]) await mkdir(join(folder, checkpointName(step)));
    await mkdir(join(folder, "checkpoint-12"));
    await writeFile(join(folder, "checkpoint-000900"), "a file");
    expect((await listCheckpoints(folder)).map(({ step }) => step)).toEqual([20, 500, 1_000_000]);
    expect((await latestCheckpoint(folder))?.path).toBe(join(folder, "checkpoint-1000000"));
    expect(await latestCheckpoint(join(folder, "nowhere"))).toBeUndefined();
  });

  it("are pruned from the oldest", async () => {
    for (const step of [1, 2, 3]) await write(checkpointName(step));
    await pruneCheckpoints(folder, 2);
    expect(await readdir(folder)).toEqual(["checkpoint-000002", "checkpoint-000003"]);
    await expect(pruneCheckpoints(folder, 0)).rejects.toThrow(/keep \(=0\)/);
  });

  it("a damaged one is an error naming the file", async () => {
    await expect(readTrainingState(folder)).rejects.toThrow(
      /training\/state.json" cannot be read.*; remove that checkpoint's folder to resume from the one before it/,
    );
    await mkdir(join(folder, "training"));
    await writeFile(join(folder, "training", "state.json"), "{");
    await expect(readTrainingState(folder)).rejects.toThrow(
      /state.json" is damaged.*; remove that checkpoint's folder to resume from the one before it/,
    );
    const generator = { seed: 1, stream: "train", position: 0 };
    const header = { formatVersion: 1, step: 2, generator, cursor: null, hasAverages: false };
    for (const [change, problem] of [
      [{ step: -1 }, "step: Too small"],
      [{ generator: { ...generator, seed: "x" } }, "Generator: seed (=x)"],
      [{ formatVersion: undefined }, "formatVersion: Invalid input"],
    ] as const) {
      await writeFile(join(folder, "training", "state.json"), JSON.stringify({ ...header, ...change }));
      await expect(readTrainingState(folder)).rejects.toThrow(`state.json" is damaged (${problem}`);
    }
  });

  it("one of another format version is not called damaged", async () => {
    await mkdir(join(folder, "training"));
    await writeFile(join(folder, "training", "state.json"), JSON.stringify({ formatVersion: 2, steps: [] }));
    await expect(readTrainingState(folder)).rejects.toThrow(
      /state.json" is of format version 2, not 1; resume with the version of Interfuse that wrote it/,
    );
  });
});
