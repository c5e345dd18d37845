/** `interfuse tokenize ...`: data sets through an image tokenizer and back, and a look at what it does. */
import {
  decodeDataset,
  encodeDataset,
  formatCount,
  inspectTokenizer,
  logLine,
  readImageTokenizer,
  stderrOutput,
} from "@interfuse/train";
import type {
  TokenizeDecodeOptions,
  TokenizeEncodeOptions,
  TokenizeInspectOptions,
} from "../commands/tokenize-command.ts";
import { countDown } from "../count-down.ts";
import type { GlobalOptions } from "../global-options.ts";
import { startBackend } from "../start-backend.ts";

/** Writes a tokenized data set to `--out` and prints what is in it, or with --json an object. */
export async function tokenizeEncode(options: TokenizeEncodeOptions): Promise<void> {
  const { data, out, size, json } = options;
  await startBackend(options);
  const output = outputOf(options);
  const tokenizer = await readImageTokenizer(options.imageTokenizer);
  const report = await encodeDataset({
    tokenizer,
    data,
    out,
    size,
    log: (line) => logLine(output, line),
    onProgress: countDown(output, "pictures"),
  });
  tokenizer.dispose();
  const text = `${out}: ${formatCount(report.numPictures)} pictures as ${formatCount(report.numValues)} ${report.kind === "latents" ? "latent values" : "indices"}`;
  process.stdout.write(json ? `${JSON.stringify({ out, ...report })}\n` : `${text}\n`);
}

/** Writes the pictures of a tokenized data set to `--out` and prints how many, or with --json an object. */
export async function tokenizeDecode(options: TokenizeDecodeOptions): Promise<void> {
  const { data, out, json } = options;
  await startBackend(options);
  const report = await decodeDataset({ data, out, onProgress: countDown(outputOf(options), "pictures") });
  process.stdout.write(
    json ? `${JSON.stringify({ out, ...report })}\n` : `${out}: ${formatCount(report.numPictures)} pictures\n`,
  );
}

/** Writes pictures of what a tokenizer does to `--out` and prints the figures, or with --json an object. */
export async function tokenizeInspect(options: TokenizeInspectOptions): Promise<void> {
  const { data, out, size, count, json } = options;
  await startBackend(options);
  const tokenizer = await readImageTokenizer(options.imageTokenizer);
  const report = await inspectTokenizer({ tokenizer, data, out, count, size });
  tokenizer.dispose();
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { numPictures, psnr, codes, files } = report;
  const lines = [`PSNR ${psnr.toFixed(2)} dB on ${formatCount(numPictures)} pictures`];
  if (codes !== undefined) {
    const { numCodes, usage, perplexity } = codes;
    lines.push(
      `${(100 * usage).toFixed(1)}% of ${formatCount(numCodes)} codes used, perplexity ${perplexity.toFixed(1)}`,
    );
  }
  process.stdout.write(`${[...lines, ...files].join("\n")}\n`);
}

function outputOf({ quiet, json }: GlobalOptions) {
  return stderrOutput({ isQuiet: quiet, isJson: json });
}
