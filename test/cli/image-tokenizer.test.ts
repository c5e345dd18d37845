/** Bad input to image tokenizers on the command line: exit code 1, one line that names the file and both values, nothing written. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySink, type EncodedPicture, savePicture, writeTokenizedDataset } from "@interfuse/data";
import {
  type ImageTokenizer,
  imageTokenizerFromConfig,
  isDiscrete,
  klAutoencoderRecipes,
  quantizedAutoencoderRecipes,
} from "@interfuse/image-tokenizer";
import { Generator, useBackend, writeSafetensors } from "@interfuse/tensor";
import { writeImageTokenizer } from "@interfuse/train";
import { afterAll, beforeAll, expect, it } from "vitest";

const CLI = new URL("../../scripts/interfuse.mjs", import.meta.url).pathname;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-image-tokenizer-cli-"));
  await useBackend({ backend: "cpu" });
  const [kl, vq] = [klAutoencoderRecipes.debug(), quantizedAutoencoderRecipes.debug()].map((config) =>
    imageTokenizerFromConfig(config, new Generator(1)),
  ) as [ImageTokenizer, ImageTokenizer];
  await writeImageTokenizer(directorySink(join(folder, "kl")), kl);
  await writeImageTokenizer(directorySink(join(folder, "other")), kl);
  await writeJson("other/config.json", { ...klAutoencoderRecipes.debug(), baseChannels: 16 });
  await writeJson("vae/config.json", { _class_name: "AutoencoderKL", block_out_channels: [4, 8], norm_num_groups: 2 });
  await writeFile(join(folder, "vae", "diffusion_pytorch_model.safetensors"), writeSafetensors(new Map()));
  await savePicture(join(folder, "narrow", "a.png"), { width: 2, height: 8, data: new Uint8Array(48) });
  await savePicture(join(folder, "pictures", "a.png"), { width: 8, height: 8, data: new Uint8Array(192) });
  await tokenized("codes", vq, { values: Int32Array.of(0, 1, 32, 2), shape: [2, 2], width: 8, height: 8 });
  await tokenized("wide", kl, { values: new Float32Array(12), shape: [2, 2, 3], width: 8, height: 8 });
  await tokenized("nan", kl, { values: new Float32Array(16).fill(NaN, 5), shape: [2, 2, 4], width: 8, height: 8 });
  for (const tokenizer of [kl, vq]) tokenizer.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeJson(file: string, value: object): Promise<void> {
  await mkdir(join(folder, file, ".."), { recursive: true });
  await writeFile(join(folder, file), JSON.stringify(value));
}

/** A tokenized data set of one picture. */
function tokenized(name: string, tokenizer: ImageTokenizer, picture: EncodedPicture): Promise<void> {
  const tokenization = {
    kind: isDiscrete(tokenizer) ? "indices" : "latents",
    imageTokenizer: { hash: "any", type: tokenizer.config.type },
  } as const;
  return writeTokenizedDataset(join(folder, name), tokenization, async (parts) => {
    await writeImageTokenizer(parts.tokenizer, tokenizer);
    const part = parts.part("train");
    await part.add("a.png", picture);
    const messages = [{ role: "user" as const, content: [{ type: "image" as const, file: "a.png" }] }];
    await part.close([{ id: "0", task: "chat", messages }]);
  });
}

const encode = (tokenizer: string, data: string) => [
  "tokenize",
  "encode",
  "--image-tokenizer",
  tokenizer,
  "--data",
  data,
];
const decode = (data: string) => ["tokenize", "decode", "--data", data];

it.each([
  [
    "a picture smaller than the factor",
    encode("kl", "narrow"),
    /"a.png": padToMultiple: width \(=2\) must be at least the downsampling factor \(=4\)/,
  ],
  [
    "weights that do not match the config",
    encode("other", "pictures"),
    /"other" is not a usable .*"encoder.input.weight" has shape \[3,3,3,8\] instead of \[3,3,3,16\]/,
  ],
  [
    "published weights that do not match the config",
    encode("vae", "pictures"),
    /"vae" is not a usable .*"encoder.conv_in.weight" \[4, 3, 3, 3\] is missing/,
  ],
  ["codes out of range", decode("codes"), /"a.png": .*indices\[2\] \(=32\) must lie in \[0, 32\)/],
  [
    "latents of the wrong width",
    decode("wide"),
    /"a.png": stored latents have shape \[2,2,3\]; the image tokenizer's are \[h, w, 4\]/,
  ],
  ["latents that are not numbers", decode("nan"), /"a.png": stored latents\[5\] \(=NaN\) must be finite/],
  [
    "sizes that do not divide",
    ["train", "image-tokenizer", "--recipe", "debug", "--data", "pictures", "--set", "batch.pictureSize=18"],
    /batch.pictureSize \(=18\) must be divisible by the autoencoder's downsampling factor \(=4\)/,
    2,
  ],
])("%s", async (name, args, message, code = 1) => {
  const all = [CLI, ...args, "--out", `never ${name}`, "--quiet", "--backend", "cpu"];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8", cwd: folder });
  expect(stderr).toMatch(message);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect({ status, stdout }).toEqual({ status: code, stdout: "" });
  expect((await readdir(folder)).filter((entry) => entry.startsWith("never"))).toEqual([]);
});

it("an autoencoder that is asked for beside the one to start from", () => {
  const args = [
    "train",
    "image-tokenizer",
    "--recipe",
    "debug",
    "--from",
    "kl",
    "--set",
    "autoencoder.latentChannels=8",
  ];
  const { status, stderr } = spawnSync(process.execPath, [CLI, ...args, "--dry-run"], {
    encoding: "utf8",
    cwd: folder,
  });
  expect([status, stderr.trim()]).toEqual([
    2,
    expect.stringMatching(/--set autoencoder.latentChannels=8: the autoencoder is the one in kl \(--from\)/),
  ]);
});
