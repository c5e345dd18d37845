/**
 * One large picture through an autoencoder and back in bounded memory: `f8` in strips, `stable-diffusion`, which has attention,
 * in blended tiles. With `--compare` the network runs whole as well, afterwards: how different that is, and what it takes.
 */
import { decodeLarge, encodeLarge, type SteppedTokenizer } from "@interfuse/image-tokenizer";
import { Generator, type Precision, tf, useBackend } from "@interfuse/tensor";
import { TOKENIZERS } from "./image-tokenizer.ts";
import { peakResidentMiB } from "./statistics.ts";

/** What to measure; `size` is a key of {@link TOKENIZERS}. */
export interface LargeImageOptions {
  readonly size: string;
  readonly precision: Precision;
  readonly threads: number;
  /** Pixels a side. */
  readonly side: number;
  /** Whether the network also runs whole, after the peak of memory is read. */
  readonly compare: boolean;
}

/** Measures one network, with made-up weights, on one picture. */
export async function benchLargeImage({ size, precision, threads, side, compare }: LargeImageOptions) {
  const benched = TOKENIZERS[size];
  if (benched === undefined) {
    throw new RangeError(`large-image: unknown size "${size}"; there are ${Object.keys(TOKENIZERS).join(", ")}`);
  }
  await useBackend({ backend: "torch", precision, threads });
  const tokenizer = benched.make();
  changeWeights(tokenizer);
  const pixels = testPicture(side);
  const startMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
  const latents = timed(() => encodeLarge(tokenizer, pixels));
  const decoded = timed(() => decodeLarge(tokenizer, latents.result));
  const measured = {
    bench: "large-image",
    size,
    precision,
    side,
    how: tokenizer.hasGlobalSteps ? "tiles" : "strips",
    encodeSeconds: latents.seconds,
    decodeSeconds: decoded.seconds,
    startMiB,
    peakMiB: peakResidentMiB(),
  };
  if (!compare) return measured;
  const wholeLatents = timed(() => tokenizer.encode(pixels));
  const wholeDecoded = timed(() => tokenizer.decode(latents.result));
  return {
    ...measured,
    wholeEncodeSeconds: wholeLatents.seconds,
    wholeDecodeSeconds: wholeDecoded.seconds,
    wholePeakMiB: peakResidentMiB(),
    latents: difference(latents.result, wholeLatents.result),
    pixels: difference(decoded.result, wholeDecoded.result),
  };
}

/** Moves every weight off its first value, so that what starts at zero (attention's output) counts too. */
function changeWeights(tokenizer: SteppedTokenizer): void {
  const generator = new Generator(3, "changes");
  for (const variable of tokenizer.state().values()) {
    tf.tidy(() => {
      const std = variable.rank > 1 ? (variable.shape.at(-1) as number) ** -0.5 : 1;
      const noise = tf.tensor(generator.normalArray(variable.size), variable.shape);
      variable.assign(variable.add(noise.mul(0.1 * std)));
    });
  }
}

/** A picture that differs from place to place at every scale: waves of falling length, brighter to the right. */
function testPicture(side: number): tf.Tensor4D {
  const pixels = new Float32Array(side * side * 3);
  for (let at = 0; at < pixels.length; at++) {
    const [row, column, colour] = [Math.floor(at / (3 * side)) / side, (Math.floor(at / 3) % side) / side, at % 3];
    let value = column - 0.5;
    for (let waves = 2; waves <= side / 8; waves *= 4) {
      value += 0.3 * Math.sin(waves * (5 * row + 4 * column) + colour * (waves % 3));
    }
    pixels[at] = Math.min(1, Math.max(-1, value));
  }
  return tf.tensor4d(pixels, [1, side, side, 3]);
}

function timed(run: () => tf.Tensor4D): { readonly result: tf.Tensor4D; readonly seconds: number } {
  const start = performance.now();
  const result = run();
  return { result, seconds: (performance.now() - start) / 1000 };
}

/** The largest difference, and the peak signal-to-noise ratio in dB, where the peak is the range of the whole's values. */
function difference(actual: tf.Tensor, whole: tf.Tensor): { readonly largest: number; readonly psnr: number } {
  return tf.tidy(() => {
    const error = actual.sub(whole);
    const range = whole.max().sub(whole.min()).dataSync()[0] as number;
    const meanSquare = error.square().mean().dataSync()[0] as number;
    return { largest: error.abs().max().dataSync()[0] as number, psnr: 10 * Math.log10(range ** 2 / meanSquare) };
  });
}
