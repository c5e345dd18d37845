import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeZip } from "../testing/make-zip.ts";
import { unpackArchive } from "./unpack-archive.ts";

let folder: string;
let archive: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-unpack-"));
  archive = join(folder, "archive.zip");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * index) % 251);
const unpack = () => unpackArchive(archive, join(folder, "unpacked"));

describe("unpackArchive", () => {
  it("writes every file with its bytes", async () => {
    const entries = [
      { name: "libtorch/", content: new Uint8Array(0), isStored: true },
      { name: "libtorch/lib/a.so", content: bytes },
      { name: "libtorch/include/deep/stored.h", content: bytes.subarray(0, 3), isStored: true },
      { name: "libtorch/empty", content: new Uint8Array(0) },
    ];
    await writeFile(archive, makeZip(entries));
    await unpack();
    for (const { name, content } of entries.slice(1))
      expect(Buffer.compare(await readFile(join(folder, "unpacked", name)), content)).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(["archive.zip", "unpacked"]);
  });

  it("replaces an earlier folder as a whole", async () => {
    await mkdir(join(folder, "unpacked"));
    await writeFile(join(folder, "unpacked", "old"), "");
    await writeFile(archive, makeZip([{ name: "new", content: bytes }]));
    await unpack();
    expect(await readdir(join(folder, "unpacked"))).toEqual(["new"]);
  });

  it.each(["../escaped", "libtorch/../../escaped", "/escaped", "..\\escaped"])("refuses %s", async (name) => {
    await writeFile(
      archive,
      makeZip([
        { name: "first", content: bytes },
        { name, content: bytes },
      ]),
    );
    await expect(unpack()).rejects.toThrow(/archive\.zip" cannot be unpacked: (invalid relative|absolute) path/);
    expect(await readdir(folder)).toEqual(["archive.zip"]);
  });

  it.each([
    ["cut off", (zip: Buffer) => zip.subarray(0, zip.length / 2), /truncated/],
    ["empty", () => Buffer.alloc(0), /cannot be unpacked/],
    ["with a changed byte", (zip: Buffer) => zip.fill((zip[500] as number) ^ 1, 500, 501), /"a.so" is damaged/],
  ])("leaves nothing of an archive that is %s", async (_, spoil, message) => {
    await writeFile(archive, spoil(makeZip([{ name: "a.so", content: bytes, isStored: true }])));
    await expect(unpack()).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(["archive.zip"]);
  });
});
