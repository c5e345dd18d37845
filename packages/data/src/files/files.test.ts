import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPngText } from "@interfuse/image-tokenizer";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import { contactSheet, wrapText } from "./contact-sheet.ts";
import { loadPicture } from "./decode-picture.ts";
import { directorySink, directorySource } from "./directory-files.ts";
import { savePicture } from "./encode-picture.ts";
import { makeFolder } from "./make-folder.ts";
import { recoverFolder } from "./recover-folder.ts";
import { assertWritable, removeTemporaryFiles, writeFileAtomically } from "./write-file.ts";
import { writeFolderAtomically } from "./write-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const noise = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, (_, i) => (i * 37) % 256) };

test("a folder is written to and read from by relative path", async () => {
  await directorySink(folder).write("a/b.txt", bytes("one"));
  await directorySink(folder).write("a/b.txt", bytes("two"));
  const source = directorySource(folder);
  expect(new TextDecoder().decode(await source.read("a/b.txt"))).toBe("two");
  expect([await source.exists("a/b.txt"), await source.exists("a/c.txt")]).toEqual([true, false]);
  expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
  await expect(source.read("a/c.txt")).rejects.toThrow(/c\.txt": no such file/);
});

test.each(["../out.txt", "/etc/passwd", "a/../../out.txt", "..", ""])("the path %j is refused", async (path) => {
  await expect(directorySource(folder).read(path)).rejects.toThrow(/must be relative and stay inside/);
  expect(() => directorySink(folder).write(path, bytes("x"))).toThrow(/must be relative and stay inside/);
});

test("a file that cannot be written is named, with the reason, and leaves nothing behind", async () => {
  await writeFile(join(folder, "file"), "");
  await mkdir(join(folder, "folder"));
  for (const name of ["file/a.txt", "file/b/a.txt", "folder"]) {
    const file = join(folder, name);
    const message = `writeFile: cannot write "${file}": another file or folder is in the way`;
    await expect(writeFileAtomically(file, "x")).rejects.toThrow(message);
    await expect(assertWritable(file)).rejects.toThrow(message);
  }
  expect((await readdir(folder)).toSorted()).toEqual(["file", "folder"]);
});

test("a picture without pixels, or a compression that there is not, is not written", async () => {
  const file = join(folder, "a.png");
  const nothing = { width: 0, height: 3, data: new Uint8Array(0) };
  await expect(savePicture(file, nothing)).rejects.toThrow("encodePng: a picture of 0 x 3 pixels must have");
  await expect(savePicture(file, noise, { compressionLevel: 10 })).rejects.toThrow("compressionLevel (=10)");
  expect(await readdir(folder)).toEqual([]);
});

test("asking whether a file can be written makes its folder, and no file", async () => {
  const file = join(folder, "a", "b", "c.txt");
  await assertWritable(file);
  expect(await readdir(join(folder, "a", "b"))).toEqual([]);
  await writeFile(file, "old");
  await assertWritable(file);
  expect(await readFile(file, "utf8")).toBe("old");
});

test("a folder is replaced whole, and kept when writing fails", async () => {
  const target = join(folder, "model");
  const write = (text: string, numFiles: number) =>
    writeFolderAtomically(target, async (sink) => {
      for (let i = 0; i < numFiles; i++) await sink.write(`${i}.txt`, bytes(text));
    });
  await write("old", 3);
  await write("new", 2);
  expect(await readdir(target)).toEqual(["0.txt", "1.txt"]);
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  const failing = writeFolderAtomically(target, async (sink) => {
    await sink.write("0.txt", bytes("half"));
    throw full;
  });
  await expect(failing).rejects.toThrow(/disk is full.*untouched/);
  expect(await readFile(join(target, "0.txt"), "utf8")).toBe("new");
  expect(await readdir(folder)).toEqual(["model"]);
});

test("a replacement cut off between its two renames is put right by the next reader", async () => {
  const target = join(folder, "model");
  await directorySink(target).write("x.txt", bytes("old"));
  await rename(target, `${target}.replaced`);
  await directorySink(`${target}.writing`).write("x.txt", bytes("new"));
  expect(new TextDecoder().decode(await directorySource(target).read("x.txt"))).toBe("old");
  await mkdir(`${target}.replaced`);
  await recoverFolder(target);
  expect((await readdir(folder)).sort()).toEqual(["model", "model.writing"]);
});

test("a writer killed at any moment leaves a whole folder", async () => {
  const target = join(folder, "model");
  const program = `
    import { writeFolderAtomically } from ${JSON.stringify(new URL("../../dist/files/write-folder.js", import.meta.url).href)};
    for (let i = 0; ; i++) {
      const bytes = new TextEncoder().encode(String(i).repeat(1000));
      await writeFolderAtomically(process.argv[1], async (sink) => {
        for (const name of ["a", "b", "c"]) await sink.write(name, bytes);
      });
      if (i === 0) console.log("started");
    }`;
  for (let round = 0; round < 6; round++) {
    const writer = spawn(process.execPath, ["--input-type=module", "-e", program, target]);
    await new Promise((resolve) => writer.stdout.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 17 * round));
    writer.kill("SIGKILL");
    await new Promise((resolve) => writer.once("exit", resolve));
    const source = directorySource(target);
    const files = await Promise.all(["a", "b", "c"].map((name) => source.read(name)));
    expect(new Set(files.map((file) => Buffer.from(file).toString())).size).toBe(1);
  }
});

test("a new folder is made whole or not at all, and never over another", async () => {
  const target = join(folder, "deep", "data");
  const failing = makeFolder(target, async (making) => {
    await writeFile(join(making, "x"), "x");
    throw new Error("stopped");
  });
  await expect(failing).rejects.toThrow(/stopped/);
  expect(await readdir(join(folder, "deep"))).toEqual([]);
  await makeFolder(target, (making) => writeFile(join(making, "x"), "x"));
  await expect(makeFolder(target, async () => undefined)).rejects.toThrow(/is not empty/);
  expect(await readdir(join(folder, "deep"))).toEqual(["data"]);
});

test("what a killed writer left is removed, and nothing else", async () => {
  const run = join(folder, "run");
  await writeFileAtomically(join(run, "samples", "a.png"), "a");
  await writeFile(join(run, "samples", ".a.png.01234567-89ab-cdef-0123-456789abcdef.tmp"), "half");
  await writeFile(join(run, ".hidden.tmp"), "somebody's");
  await removeTemporaryFiles(run);
  expect((await readdir(run, { recursive: true })).sort()).toEqual([
    ".hidden.tmp",
    "samples",
    join("samples", "a.png"),
  ]);
  await removeTemporaryFiles(join(folder, "not there"));
});

test("a picture is saved with its text, in any script, and read back exactly", async () => {
  const file = join(folder, "p.png");
  const text = { prompt: "draw a café", seed: "7", note: "紅い丸 🔴" };
  await savePicture(file, noise, { text });
  expect(await loadPicture(file)).toEqual(noise);
  expect(readPngText(await readFile(file))).toEqual(text);
  const comments = (await sharp(file).metadata()).comments ?? [];
  expect(comments.map(({ keyword }) => keyword).sort()).toEqual(["note", "prompt", "seed"]);
  await expect(savePicture(join(folder, "p.jpg"), noise)).rejects.toThrow(/must end in "\.png"/);
  await expect(savePicture(file, noise, { text: { "": "x" } })).rejects.toThrow(/keyword/);
  await expect(savePicture(file, { ...noise, width: 6 })).rejects.toThrow(/45.*54/);
});

test("a contact sheet holds every picture, whatever its caption", async () => {
  const white = { width: 8, height: 8, data: new Uint8Array(192).fill(200) };
  const items = ["<b>&", "", "one", "a very long caption that goes on and on", "\u0000"].map((caption) => ({
    picture: white,
    caption,
  }));
  const sheet = await loadPicture(await contactSheet(items, { columns: 3, cellSize: 40, title: "a < b" }));
  expect(sheet.width).toBe(10 + 3 * 50);
  let numPicturePixels = 0;
  for (let i = 0; i < sheet.data.length; i += 3) if (sheet.data[i] === 200) numPicturePixels++;
  expect(numPicturePixels).toBeGreaterThanOrEqual(5 * 40 * 40);
  expect(numPicturePixels).toBeLessThan(5 * 40 * 40 + 200);
  await expect(contactSheet([])).rejects.toThrow(/empty/);
});

test("captions are broken between words", () => {
  expect(wrapText("a red circle left of a blue square", 13)).toEqual(["a red circle", "left of a", "blue square"]);
  expect(wrapText("abcdefgh ij", 5)).toEqual(["abcde", "fgh", "ij"]);
  expect(wrapText("", 5)).toEqual([]);
  expect(wrapText("a b c d e f", 1)).toEqual(["a", "b", "c", "…"]);
});
