import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator } from "@interfuse/tensor";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Example, ExampleSource } from "../example.ts";
import { picturesIn } from "../example.ts";
import { writeScenes } from "../scenes/write-scenes.ts";
import { ExampleLoader, type ExampleLoaderOptions } from "./example-loader.ts";
import { inspectDataset, openDataset } from "./open-dataset.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-loader-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** `count` examples without pictures, of tasks a, a, b by turns. */
function source(count: number): ExampleSource {
  const taskOf = (index: number) => (index % 3 === 2 ? "b" : "a");
  return {
    numExamples: count,
    taskOf,
    readExample: async (index) => ({ id: String(index), task: taskOf(index), messages: [] }),
  };
}
const take = async (loader: ExampleLoader, count: number) => {
  const examples: Example[] = [];
  for (let i = 0; i < count; i++) examples.push(await loader.next());
  return examples.map(({ id }) => id);
};
const generator = () => new Generator(5, "loader");

test("every example comes once an epoch, in another order each epoch", async () => {
  const loader = new ExampleLoader(source(50), generator());
  const [first, second] = [await take(loader, 50), await take(loader, 50)];
  expect(new Set(first).size).toBe(50);
  expect(new Set(second).size).toBe(50);
  expect(first).not.toEqual(second);
  expect(await take(new ExampleLoader(source(50), generator()), 50)).toEqual(first);
  expect(await take(new ExampleLoader(source(50), new Generator(6, "loader")), 50)).not.toEqual(first);
});

test.each<[string, ExampleLoaderOptions]>([
  ["all examples", {}],
  ["no reading ahead", { prefetch: 1 }],
  ["weighted tasks", { taskWeights: { a: 1, b: 3 } }],
])("N + M examples are N, a resumption from JSON, and M: %s", async (_, options) => {
  for (const n of [0, 1, 37, 41, 42, 100]) {
    const straight = await take(new ExampleLoader(source(41), generator(), options), n + 60);
    const before = new ExampleLoader(source(41), generator(), options);
    expect(await take(before, n)).toEqual(straight.slice(0, n));
    const state = JSON.parse(JSON.stringify(before.state()));
    const after = new ExampleLoader(source(41), generator(), { ...options, prefetch: 3, state });
    expect(await take(after, 60)).toEqual(straight.slice(n));
    await take(before, 5);
    before.restore(state);
    expect(await take(before, 60)).toEqual(straight.slice(n));
  }
});

test("task weights are kept to, and a task's examples come once each before any repeats", async () => {
  const loader = new ExampleLoader(source(90), generator(), { taskWeights: { a: 1, b: 3 } });
  const ids = await take(loader, 400);
  const ofB = ids.filter((id) => Number(id) % 3 === 2);
  expect(ofB.length).toBeGreaterThan(265);
  expect(ofB.length).toBeLessThan(335);
  expect(new Set(ofB.slice(0, 30)).size).toBe(30);
  const onlyB = new ExampleLoader(source(90), generator(), { taskWeights: { a: 0, b: 1 } });
  expect((await take(onlyB, 60)).every((id) => Number(id) % 3 === 2)).toBe(true);
});

test("weights may name a kind within a task", async () => {
  const kinds = { ...source(90), kindOf: (index: number) => (index % 2 === 0 ? "even" : undefined) };
  const loader = new ExampleLoader(kinds, generator(), { taskWeights: { "a: even": 1, b: 1 } });
  const ids = (await take(loader, 200)).map(Number);
  expect(ids.every((id) => id % 3 === 2 || id % 2 === 0)).toBe(true);
  const ofA = ids.filter((id) => id % 3 !== 2).length;
  expect(ofA).toBeGreaterThan(65);
  expect(ofA).toBeLessThan(135);
  expect(() => new ExampleLoader(kinds, generator(), { taskWeights: { "a: odd": 1 } })).toThrow(
    /"a: odd".*have a, a: even, b, b: even/,
  );
});

test("a loader that cannot work says why", async () => {
  expect(() => new ExampleLoader(source(0), generator())).toThrow(/no examples/);
  expect(() => new ExampleLoader(source(3), generator(), { taskWeights: { c: 1 } })).toThrow(/"c".*have a, b/);
  expect(() => new ExampleLoader(source(3), generator(), { taskWeights: { a: -1 } })).toThrow(/a \(=-1\)/);
  expect(() => new ExampleLoader(source(3), generator(), { prefetch: 0 })).toThrow(/prefetch/);
  const state = new ExampleLoader(source(3), generator()).state();
  expect(() => new ExampleLoader(source(4), generator(), { state })).toThrow(/data have changed: 3.*4 now/);
  expect(() => new ExampleLoader(source(3), generator(), { state, taskWeights: { a: 1 } })).toThrow(
    /taskWeights have changed/,
  );
});

test("a picture that fails while training is thrown by its own next, and the loader goes on", async () => {
  const failing = {
    ...source(4),
    readExample: async (index: number) =>
      index === 2 ? Promise.reject(new Error("gone")) : source(4).readExample(index),
  };
  const loader = new ExampleLoader(failing, generator());
  const results = await Promise.allSettled([loader.next(), loader.next(), loader.next(), loader.next()]);
  expect(results.filter(({ status }) => status === "rejected")).toHaveLength(1);
  expect(loader.state().numTaken).toBe(4);
});

test("a scenes dataset opens, loads and is inspected", async () => {
  const path = join(folder, "scenes");
  const report = await writeScenes(path, { numScenes: 30, numCasesPerTask: 5 });
  const dataset = await openDataset(path);
  expect(dataset.numExamples).toBe(report.numTrainExamples);
  expect(dataset.report).toMatchObject({
    kind: "chat",
    unreadable: [],
    warnings: [],
    sizes: { "32x32": dataset.report.numPictures },
  });
  expect(dataset.report.examplesByTask).toMatchObject({ draw: 30, describe: 30 });
  expect(dataset.report.examplesByTask.ask).toBeGreaterThan(60);
  const loader = new ExampleLoader(dataset, generator());
  for (let i = 0; i < dataset.numExamples; i++) {
    const example = await loader.next();
    const pictures = picturesIn(example);
    expect(pictures).toHaveLength(example.task === "edit" ? 2 : 1);
    expect(pictures[0]?.data).toHaveLength(32 * 32 * 3);
  }
  const pictures = dataset.pictures();
  expect(pictures.numExamples).toBe(dataset.report.numPictures);
  expect(picturesIn(await pictures.readExample(0))).toHaveLength(1);
  expect([...dataset.texts()]).toContain("describe the picture");
  const inspected = await inspectDataset(path);
  expect(inspected.test?.examplesByTask).toEqual({ draw: 5, describe: 5, ask: 5, edit: 5 });
  expect((await openDataset(path, { split: "test", size: 16 })).report.sizes).toEqual({ "16x16": 25 });
  await expect(openDataset(join(path, "train"), { split: "test" })).rejects.toThrow(/no test part/);
});

async function putPicture(name: string, colour = "red"): Promise<void> {
  await mkdir(join(folder, name, ".."), { recursive: true });
  await sharp({ create: { width: 20, height: 10, channels: 3, background: colour } })
    .png()
    .toFile(join(folder, name));
}
const putText = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);
const metadata = (rows: Record<string, string>[]) =>
  putText("metadata.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));

test("metadata.jsonl: rows and pictures that do not fit are named", async () => {
  for (const name of ["sub/a.png", "b.png", "c.png"]) await putPicture(name);
  await metadata([
    { file_name: "sub/a.png", text: "a red thing" },
    { file_name: "b.png", text: "another" },
    { file_name: "gone.png", text: "missing" },
  ]);
  await expect(openDataset(folder)).rejects.toThrow(/1 of 3 pictures.*33\.3%.*10%.*gone\.png/);
  const dataset = await openDataset(folder, { maxUnreadableShare: 0.5, size: 8 });
  expect(dataset.report).toMatchObject({
    kind: "folder",
    examplesByTask: { draw: 2, describe: 2 },
    sizes: { "8x8": 2 },
    captionsWithoutPicture: ["gone.png"],
    picturesWithoutCaption: ["c.png"],
    warnings: ["captions without a picture left out (1): gone.png", "pictures without a caption left out (1): c.png"],
  });
  const examples = await Promise.all([0, 1, 2, 3].map((index) => dataset.readExample(index)));
  const texts = examples.map(({ messages }) =>
    messages
      .flatMap(({ content }) => content.map((part) => (part.type === "text" ? part.text : "[image]")))
      .join(" | "),
  );
  expect(texts).toEqual([
    "draw a red thing | [image]",
    "[image] | describe the picture | a red thing",
    "another | [image]",
    "[image] | describe the picture | another",
  ]);
});

test("metadata.csv: read as metadata.jsonl is, and never beside it", async () => {
  for (const name of ["sub/a.png", "b.png", "c.png"]) await putPicture(name);
  const rows = [
    { file_name: "sub/a.png", text: 'a "red" thing, wide' },
    { file_name: "./b.png", text: "another" },
  ];
  await metadata(rows);
  const { rows: expected, report } = await openDataset(folder);
  await putText("metadata.csv", 'file_name,text\nsub/a.png,"a ""red"" thing, wide"\n./b.png,another\n');
  await expect(openDataset(folder)).rejects.toThrow(/captions in both metadata\.jsonl and metadata\.csv; keep one/);
  await rm(join(folder, "metadata.jsonl"));
  const dataset = await openDataset(folder);
  expect(dataset.rows).toEqual(expected);
  expect(dataset.report).toEqual(report);
  expect(report.picturesWithoutCaption).toEqual(["c.png"]);
  await putText("metadata.csv", "file_name,text\nb.png,x\nsub/a.png, \n");
  await expect(openDataset(folder)).rejects.toThrow(/metadata\.csv, line 3: text: must not be empty; a row is a file/);
  await putText("metadata.csv", "file_name,text\nb.png,x\n./b.png,y\n");
  await expect(openDataset(folder)).rejects.toThrow(/metadata\.csv, line 3: "b\.png" already has a row/);
});

test("metadata.jsonl and chat.jsonl may begin with a byte order mark and end lines with CRLF", async () => {
  for (const name of ["a.png", "b.png"]) await putPicture(name);
  const lines = ["a", "b"].map((name) => JSON.stringify({ file_name: `${name}.png`, text: `thing ${name}` }));
  for (const file of ["metadata.jsonl", "chat.jsonl"]) {
    await putText(file, lines.join("\n"));
    const { rows } = await openDataset(folder);
    expect(rows).toHaveLength(4);
    await putText(file, `\ufeff${lines.join("\r\n\r\n")}\r\n`);
    expect((await openDataset(folder)).rows).toEqual(rows);
    await putText(file, `\ufeff${lines[0]}\r\n\r\n{oops\r\n`);
    await expect(openDataset(folder)).rejects.toThrow(new RegExp(`${file}, line 3: not valid JSON`));
    lines.splice(0, 2, ...rows.map((row) => JSON.stringify(row)));
  }
});

test("captions in another encoding than UTF-8 are refused, with their file and line", async () => {
  for (const name of ["a.png", "b.png"]) await putPicture(name);
  const rows = ["a", "b"].map((name) => JSON.stringify({ file_name: `${name}.png`, text: `café ${name}` })).join("\n");
  const csv = "file_name,text\na.png,one\nb.png,café\n";
  const chat = ["a", "b"]
    .map((id) => JSON.stringify({ id, messages: [{ role: "user", content: "naïve" }] }))
    .join("\n");
  const ascii = Buffer.from("a red thing", "utf16le");
  for (const [file, content, line] of [
    ["a.txt", Buffer.from("a café\n", "latin1"), 1],
    ["a.txt", Buffer.from("\ufeffa café", "utf16le"), 1],
    ["a.txt", ascii, 1],
    ["metadata.jsonl", Buffer.from(rows, "latin1"), 1],
    ["metadata.jsonl", Buffer.from(`\ufeff${rows}`, "utf16le"), 1],
    ["metadata.csv", Buffer.from(csv, "latin1"), 3],
    ["chat.jsonl", Buffer.from(chat, "latin1"), 1],
  ] as const) {
    await putText(file, content);
    await expect(openDataset(folder)).rejects.toThrow(`${join(folder, file)}, line ${line}: not UTF-8 text; save`);
    await rm(join(folder, file));
  }
  await putText("a.txt", "\ufeffa café, 咖啡 ☕\r\n");
  expect([...(await openDataset(folder)).texts()]).toContain("a café, 咖啡 ☕");
});

test("a text file beside each picture is its caption; without captions pictures are only drawn", async () => {
  await putPicture("a.png");
  await putPicture("b.png");
  const bare = await openDataset(folder);
  expect(bare.report.examplesByTask).toEqual({ draw: 2 });
  await putText("a.txt", "\ufeffa red thing\n");
  await putText("notes.txt", "not a caption");
  const dataset = await openDataset(folder, { maxUnreadableShare: 0.5 });
  expect(dataset.report).toMatchObject({
    examplesByTask: { draw: 1, describe: 1 },
    captionsWithoutPicture: ["notes.txt"],
    picturesWithoutCaption: ["b.png"],
  });
});

test("a state is of one data set: another caption or picture is noticed, though the number of examples is the same", async () => {
  for (const name of ["a", "b"]) {
    await putPicture(`${name}.png`);
    await putText(`${name}.txt`, "a red thing");
  }
  const all = new ExampleLoader(await openDataset(folder), generator());
  const alone = new ExampleLoader((await openDataset(folder)).pictures(), generator());
  const [state, picturesState] = [all.state(), alone.state()];
  await putText("b.txt", "a thing in red");
  const changed = await openDataset(folder);
  expect(() => new ExampleLoader(changed, generator(), { state })).toThrow(/the data have changed: other texts/);
  new ExampleLoader(changed.pictures(), generator(), { state: picturesState });
  await rename(join(folder, "b.png"), join(folder, "c.png"));
  await rename(join(folder, "b.txt"), join(folder, "c.txt"));
  const renamed = (await openDataset(folder)).pictures();
  expect(() => new ExampleLoader(renamed, generator(), { state: picturesState })).toThrow(/the data have changed/);
  const { fingerprint: _, ...earlier } = state;
  new ExampleLoader(changed, generator(), { state: earlier });
});

test("links to pictures and folders are followed, though not in circles; a link to nothing is an unreadable picture", async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), "interfuse-linked-"));
  try {
    await mkdir(join(elsewhere, "more"));
    for (const name of ["a.png", "more/b.png"]) {
      await putPicture("own.png");
      await rename(join(folder, "own.png"), join(elsewhere, name));
    }
    await putPicture("sub/c.png");
    await symlink(join(elsewhere, "a.png"), join(folder, "a.png"));
    await symlink(join(elsewhere, "more"), join(folder, "more"));
    await symlink(folder, join(folder, "sub", "up"));
    expect((await openDataset(folder)).pictureFiles()).toEqual(["a.png", "more/b.png", "sub/c.png"]);
    await symlink(join(elsewhere, "gone.png"), join(folder, "gone.png"));
    const { report } = await openDataset(folder, { maxUnreadableShare: 0.5 });
    expect(report.unreadable.map(({ file }) => file)).toEqual(["gone.png"]);
  } finally {
    await rm(elsewhere, { recursive: true });
  }
});

test("captions of which none can be used are an error, not a folder without captions", async () => {
  await putPicture("a.png");
  for (const [file, text, problem] of [
    ["a.txt", " \n", 'all 1 files of captions in ".*" are empty \\(first: "a.txt"\\)'],
    [
      "LICENSE.txt",
      "MIT",
      'none of the 1 text files .* has the name of a picture \\(first: "LICENSE.txt"\\).*move them',
    ],
    ["metadata.jsonl", "\n", "metadata.jsonl: has no rows; write one for each picture"],
    ["metadata.csv", "file_name,text\n", "metadata.csv: has no rows"],
  ] as const) {
    await putText(file, text);
    await expect(openDataset(folder)).rejects.toThrow(new RegExp(problem));
    await rm(join(folder, file));
  }
});

test("captions and pictures in places or forms that are not read are named", async () => {
  await putPicture("train/a.png");
  await putPicture("train/sub/b.png");
  await putText("train/metadata.parquet", "PAR1");
  await putText("train/e.HEIC", "a photograph");
  await putText("train/sub/metadata.jsonl", '{"file_name": "b.png", "text": "a red thing"}');
  const captions = "captions of many pictures are read from metadata.jsonl or metadata.csv in the folder itself";
  const unread = `not read (2): metadata.parquet, sub/metadata.jsonl; ${captions}`;
  const other = "not read (1): e.HEIC; pictures that are read end in .png .jpg .jpeg .webp .avif .gif .tif .tiff";
  expect((await openDataset(join(folder, "train"))).report.warnings).toEqual([unread, other]);
  await putPicture("car/c.png");
  await putPicture("test/d.png");
  await putText("metadata.csv", "file_name,text\ntrain/a.png,x\n");
  await putText("readme.md", "hello");
  expect((await openDataset(folder)).report.warnings).toEqual([
    unread,
    other,
    "not read (2): car/c.png, metadata.csv; beside a folder train or test only those two are read",
  ]);
});

test("corrupt pictures among good ones are skipped, counted and named, up to a share", async () => {
  for (let i = 0; i < 19; i++) await putPicture(`${i}.png`);
  await putText("bad.png", "no picture");
  const dataset = await openDataset(folder);
  expect(dataset.report.numPictures).toBe(19);
  expect(dataset.report.unreadable.map(({ file }) => file)).toEqual(["bad.png"]);
  expect(dataset.report.warnings).toEqual(["unreadable pictures left out (1): bad.png"]);
  for (const name of ["worse.png", "worst.png"]) await putText(name, "no picture");
  await expect(openDataset(folder)).rejects.toThrow(/3 of 22 pictures.*bad\.png.*corrupt/);
});

test("wrong options are named", async () => {
  await putPicture("a.png");
  for (const [options, message] of [
    [{ size: -8 }, "size (=-8)"],
    [{ split: "val" as "test" }, 'split (="val") must be "train" or "test"'],
    [{ maxUnreadableShare: 10 }, "maxUnreadableShare (=10)"],
    [{ cacheBytes: Number.NaN }, "cacheBytes (=NaN)"],
  ] as const) {
    await expect(openDataset(folder, options)).rejects.toThrow(`openDataset: ${message}`);
  }
});

test("missing and empty folders, and wrong rows, are errors that say what to do", async () => {
  await expect(openDataset(join(folder, "none"))).rejects.toThrow(/none": no such folder; make data with/);
  await expect(openDataset(folder)).rejects.toThrow(/is empty; make data/);
  await putText("readme.md", "hello");
  await expect(openDataset(folder)).rejects.toThrow(/no pictures in/);
  await putPicture("a.png");
  await metadata([{ file_name: "x.png", text: "missing" }]);
  await expect(openDataset(folder)).rejects.toThrow(/none of the 1 captions.*x\.png/);
  await metadata([{ file_name: "a.png" }]);
  await expect(openDataset(folder)).rejects.toThrow(/metadata\.jsonl, line 1: text/);
  await putText("metadata.jsonl", '{"file_name": "a.png", "text": "x"}\n{oops');
  await expect(openDataset(folder)).rejects.toThrow(/line 2: not valid JSON/);
  await putText("chat.jsonl", '{"id": "1", "messages": [{"role": "robot", "content": "x"}]}');
  await expect(openDataset(folder)).rejects.toThrow(/chat\.jsonl, line 1: messages\.0\.role/);
  const row = JSON.stringify({
    id: "1",
    messages: [{ role: "user", content: [{ type: "image", file: "../../secret.png" }] }],
  });
  await putText("chat.jsonl", row);
  await expect(openDataset(folder)).rejects.toThrow(/must be relative and stay inside/);
  await putText("chat.jsonl", `${row}\n${row}`);
  await expect(openDataset(folder)).rejects.toThrow(/line 2: id "1" is already used in line 1/);
  await putText("chat.jsonl", "\n");
  await expect(openDataset(folder)).rejects.toThrow(/no usable examples/);
});
