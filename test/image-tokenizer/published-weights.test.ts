/**
 * Published tokenizers from safetensors bytes, against PyTorch: golden/published_weights.py writes the networks anew in plain
 * torch.nn and stores what they give over made-up weights of the published layouts.
 */
import { type ImageTokenizer, loadAutoencoderKl, loadLlamaGenVq } from "@interfuse/image-tokenizer";
import {
  float32ToBfloat16,
  type HostTensor,
  readSafetensors,
  tf,
  useBackend,
  valueAndGrads,
  writeSafetensors,
} from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { hashedValues } from "../golden/hashed-values.ts";
import golden from "../golden/published-weights.json" with { type: "json" };

const PIXELS_SEED = 1000;
const LATENTS_SEED = 1001;
const SIZE = { height: 8, width: 12 };

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** `scale_and_offset` of golden/published_weights.py. */
function scaleAndOffset(name: string, shape: readonly number[]) {
  if (shape.length > 1) return { scale: tf.util.sizeFromShape(shape.slice(1)) ** -0.5, offset: 0 };
  return { scale: 0.1, offset: name.includes("norm") && name.endsWith("weight") ? 1 : 0 };
}

/** Made-up weights, through a safetensors file's bytes. */
function stored(entries: readonly string[], change: (tensors: Map<string, HostTensor>) => void = () => {}) {
  const tensors = new Map<string, HostTensor>();
  entries.forEach((entry, seed) => {
    const [name, sizes] = entry.split(" ") as [string, string];
    const shape = sizes.split(",").map(Number);
    const { scale, offset } = scaleAndOffset(name, shape);
    const data = hashedValues(tf.util.sizeFromShape(shape), seed).map((value) => value * scale + offset);
    tensors.set(name, { dtype: "F32", shape, data });
  });
  change(tensors);
  return readSafetensors(writeSafetensors(tensors)).tensors;
}

const pixels = () =>
  tf
    .tensor4d(hashedValues(SIZE.height * SIZE.width * 3, PIXELS_SEED), [1, SIZE.height, SIZE.width, 3])
    .div<tf.Tensor4D>(2);

/** Within 1e-4 of values of size 1, and so in proportion of larger ones. */
function expectClose(actual: tf.Tensor, expected: readonly number[]): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  const largest = Math.max(1, ...expected.map(Math.abs));
  const difference = Math.max(...expected.map((value, i) => Math.abs(value - (values[i] as number))));
  expect(difference / largest).toBeLessThan(1e-4);
}

/** Runs `use` on a tokenizer and asserts that nothing is left of either. */
function withTokenizer<T extends ImageTokenizer>(load: () => T, use: (tokenizer: T) => void): void {
  const before = tf.memory().numTensors;
  const tokenizer = load();
  tf.tidy(() => use(tokenizer));
  tokenizer.dispose();
  expect(tf.memory().numTensors).toBe(before);
}

describe.each(golden.kl)("AutoencoderKL: $name", ({ config, tensors, encoded, decoded }) => {
  it("encodes and decodes as in PyTorch", () => {
    withTokenizer(
      () => loadAutoencoderKl({ config, tensors: stored(tensors) }),
      (vae) => {
        const latents = vae.encode(pixels());
        expectClose(latents, encoded);
        expectClose(vae.decode(tf.tensor4d(hashedValues(latents.size, LATENTS_SEED), latents.shape)), decoded);
      },
    );
  });
});

describe.each(golden.vq)("LlamaGen's VQModel, nearest by $name", ({ config, tensors, indices, decoded }) => {
  it("gives PyTorch's indices, and decodes indices as it does", () => {
    withTokenizer(
      () => loadLlamaGenVq({ config, tensors: stored(tensors) }),
      (vq) => {
        const found = vq.encodeToIndices(pixels());
        expect([...found.dataSync()]).toEqual(indices);
        const given = tf.tensor(
          indices.map((_, i) => (7 * i) % config.codebook_size),
          found.shape,
          "int32",
        );
        expectClose(vq.decodeIndices(given), decoded);
        expectClose(vq.decode(vq.encode(pixels())), [...vq.decodeIndices(found).dataSync()]);
      },
    );
  });
});

describe("published weights", () => {
  const [kl] = golden.kl as [(typeof golden.kl)[number]];
  const [vq] = golden.vq as [(typeof golden.vq)[number]];

  it("may be stored in 16 bits, and attention as convolutions", () => {
    const asBfloat16 = (tensors: Map<string, HostTensor>) => {
      for (const [name, { shape, data }] of tensors) {
        const convolution = name.includes("attentions") && shape.length === 2 ? [...shape, 1, 1] : shape;
        tensors.set(name, {
          dtype: "BF16",
          shape: convolution,
          data: Uint16Array.from(float32ToBfloat16(data as Float32Array)),
        });
      }
    };
    withTokenizer(
      () => loadAutoencoderKl({ config: kl.config, tensors: stored(kl.tensors, asBfloat16) }),
      (vae) => {
        const latents = vae.encode(pixels()).dataSync();
        const error = kl.encoded.reduce((sum, value, i) => sum + Math.abs(value - (latents[i] as number)), 0);
        const size = kl.encoded.reduce((sum, value) => sum + Math.abs(value), 0);
        expect(error / size).toBeLessThan(0.03);
      },
    );
  });

  it("that do not fit the config are named, with both shapes", () => {
    const before = tf.memory().numTensors;
    const wrong = (change: (tensors: Map<string, HostTensor>) => void) => () =>
      loadAutoencoderKl({ config: kl.config, tensors: stored(kl.tensors, change) });
    expect(wrong((tensors) => tensors.delete("encoder.conv_in.bias"))).toThrow(
      'loadAutoencoderKl: the weights do not fit the config: "encoder.conv_in.bias" [4] is missing',
    );
    expect(wrong((tensors) => tensors.set("extra", { dtype: "F32", shape: [1], data: new Float32Array(1) }))).toThrow(
      '"extra" [1] is not a part of the config\'s network',
    );
    const narrow = { ...kl.config, block_out_channels: [4, 8, 6] };
    expect(() => loadAutoencoderKl({ config: narrow, tensors: stored(kl.tensors) })).toThrow(
      '"encoder.down_blocks.2.resnets.0.conv1.weight" has shape [8, 8, 3, 3] where the config needs [6, 8, 3, 3]',
    );
    expect(() => loadLlamaGenVq({ config: { ...vq.config, codebook_size: 32 }, tensors: stored(vq.tensors) })).toThrow(
      '"quantize.embedding.weight" has shape [64, 8] where the config needs [32, 8]',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it("of other networks are refused by their config", () => {
    const load = (changes: object) => () =>
      loadAutoencoderKl({ config: { ...kl.config, ...changes }, tensors: new Map() });
    expect(load({ _class_name: "AutoencoderTiny" })).toThrow('_class_name (="AutoencoderTiny")');
    expect(load({ down_block_types: ["DownEncoderBlock2D", "AttnDownEncoderBlock2D", "DownEncoderBlock2D"] })).toThrow(
      'down_block_types.1 (="AttnDownEncoderBlock2D"): only "DownEncoderBlock2D" can be read',
    );
    expect(load({ up_block_types: ["UpDecoderBlock2D"] })).toThrow(
      "up_block_types has 1 entries; block_out_channels has 3",
    );
    expect(load({ norm_num_groups: 3 })).toThrow("levelChannels[0] (=4) must be divisible by normGroups (=3)");
  });

  it("can be trained on: every parameter has a gradient", () => {
    withTokenizer(
      () => loadAutoencoderKl({ config: kl.config, tensors: stored(kl.tensors) }),
      (vae) => {
        const { gradients } = valueAndGrads(
          () => ({
            loss: tf.tidy(() => {
              const { mean, logVariance } = vae.posterior(pixels());
              return vae.reconstruct(mean).square().mean().add<tf.Scalar>(logVariance.square().mean());
            }),
          }),
          vae.parameters(),
        );
        for (const [name, gradient] of gradients) {
          // A key's bias moves all scores of a query alike, which a softmax does not see.
          if (name.endsWith("key.bias")) continue;
          expect(gradient.abs().max().dataSync()[0], name).toBeGreaterThan(0);
        }
      },
    );
  });
});
