import { countTargets, type Document, type ModelConfigInput, resolveModelConfig, UnifiedModel } from "@interfuse/model";
import { Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { adapters, answer, ids, image, randomModel, sampleDocuments, text, tinyConfig } from "./fixtures.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** Loss sums as numbers; frees the tensors. */
function sumsOf(model: UnifiedModel, documents: readonly Document[], noisedCopies = 1) {
  const { textLossSum, imageLossSum, ...counts } = model.lossSums(
    model.layout(documents, { noisedCopies }),
    new Generator(3, "noise"),
  );
  const sums = { text: textLossSum.dataSync()[0]!, image: imageLossSum.dataSync()[0]!, ...counts };
  tf.dispose([textLossSum, imageLossSum]);
  return sums;
}

const variants: [string, Partial<ModelConfigInput>][] = [
  ["clean context, velocity", {}],
  ["noisy context, velocity", { contextPolicy: "noisy" }],
  ["raster positions, untied head", { positionKind: "raster", tieEmbeddings: false }],
  [
    "the paper's DDPM",
    {
      contextPolicy: "noisy",
      objective: {
        latentChannels: 2,
        patchSize: 2,
        path: "cosine",
        predictionType: "epsilon",
        timesteps: { kind: "uniform" },
      },
    },
  ],
  [
    "sample prediction, adaptive norms",
    { objective: { latentChannels: 2, predictionType: "sample", useAdaptiveNorm: true } },
  ],
  ["unet adapter", { objective: adapters[1][1] }],
  ["weights per modality", { backbone: { modelDim: 24, numLayers: 2, numHeads: 2, numExperts: 2 } }],
];

describe("loss sums", () => {
  it.each(variants)("of a packed row are the sums of separate rows (%s)", (_, overrides) => {
    const model = randomModel(overrides);
    const documents = sampleDocuments();
    const before = tf.memory().numTensors;
    const packed = sumsOf(model, documents, 2);
    const separate = documents.map((document) => sumsOf(model, [document], 2));
    expect(tf.memory().numTensors).toBe(before);
    const total = (key: keyof typeof packed) => separate.reduce((sum, each) => sum + each[key], 0);
    expect(packed.numTextTargets).toBe(total("numTextTargets"));
    expect(packed.numImages).toBe(total("numImages"));
    expect(Math.abs(packed.text / total("text") - 1)).toBeLessThan(1e-5);
    expect(Math.abs(packed.image / total("image") - 1)).toBeLessThan(1e-5);
    expect(packed.image).toBeGreaterThan(0);
    model.dispose();
  });

  it("have counts that are known from the layout alone", () => {
    const model = randomModel();
    const layout = model.layout(sampleDocuments());
    // BOI of each of the three drawn images, and the answers' tokens.
    expect(countTargets(layout)).toEqual({ numTextTargets: 2 + 3 + 4 + 2 + 3, numImages: 3 });
    model.dispose();
  });

  it("start at ln V per token and, with the zero-initialised output, at the targets' mean square per image", () => {
    const model = new UnifiedModel(
      tinyConfig({
        tieEmbeddings: false,
        objective: { latentChannels: 2, patchSize: 4, predictionType: "epsilon" },
      }),
      new Generator(1),
    );
    const words = Array.from({ length: 160 }, (_, i) => 4 + ((7 * i) % 12));
    const picture = image(1, { height: 40, width: 40, hasLoss: true });
    const { numTextTargets, ...sums } = sumsOf(model, [{ parts: [text(ids.bos), picture, answer(...words)] }]);
    expect(Math.abs(sums.image - 1)).toBeLessThan(0.06); // 3,200 squares of unit normals: deviation 0.025
    // Logits with a deviation of 1 cost half a nat.
    expect(Math.abs(sums.text / numTextTargets - Math.log(16) - 0.5)).toBeLessThan(0.2);
    model.dispose();
  });

  it("weigh a clean-image prediction by 1 / t² in velocity space", () => {
    const sample = { latentChannels: 2, patchSize: 2, predictionType: "sample" } as const;
    const models = (["prediction", "velocity"] as const).map((lossSpace) =>
      randomModel({ objective: { ...sample, lossSpace } }),
    );
    const document: Document = { parts: [text(ids.bos), image(1, { hasLoss: true })] };
    const [plain, weighted] = models.map((model) => sumsOf(model, [document]).image);
    const { images } = models[0]!.layout([document]);
    let t = 0;
    tf.tidy(() => {
      t = models[0]!.objective.prepare(images, new Generator(3, "noise")).batch.timesteps[0]!;
    });
    expect(t).toBeGreaterThan(0.1);
    expect((weighted! / plain!) * t ** 2).toBeCloseTo(1, 5);
    for (const model of models) model.dispose();
  });

  it.each(adapters)("reach every parameter, and a clean context image gets no loss of its own (%s)", (_, objective) => {
    const model = randomModel({ objective, backbone: { modelDim: 24, numLayers: 1, numHeads: 2, numExperts: 2 } });
    const layout = model.layout(sampleDocuments());
    const { outputs, gradients } = valueAndGrads(() => {
      const { textLossSum, imageLossSum } = model.lossSums(layout, new Generator(3));
      return { loss: textLossSum.add(imageLossSum) as tf.Scalar };
    }, model.parameters());
    const silent = [...gradients]
      .filter(([, gradient]) => gradient.abs().max().dataSync()[0]! === 0)
      .map(([name]) => name);
    expect(silent).toEqual([]);
    tf.dispose([outputs.loss, ...gradients.values()]);
    const contextOnly = sumsOf(model, [{ parts: [text(ids.bos), image(1), answer(5)] }]);
    expect(contextOnly).toMatchObject({ image: 0, numImages: 0, numTextTargets: 1 });
    model.dispose();
  });

  it("of text after an image depend on the noise with a noisy context, and not with a clean one", () => {
    const document: Document = { parts: [text(ids.bos), image(1, { hasLoss: true }), answer(5, 6)] };
    for (const contextPolicy of ["noisy", "clean"] as const) {
      const model = randomModel({ contextPolicy });
      const layout = model.layout([document]);
      const [first, second] = [1, 2].map((seed) => {
        const { textLossSum, imageLossSum } = model.lossSums(layout, new Generator(seed));
        const value = textLossSum.dataSync()[0]!;
        tf.dispose([textLossSum, imageLossSum]);
        return value;
      });
      expect(Math.abs(first! - second!) > 1e-4).toBe(contextPolicy === "noisy");
      model.dispose();
    }
  });
});

describe("resolveModelConfig", () => {
  it("fills defaults and is idempotent", () => {
    const config = resolveModelConfig(tinyConfig());
    expect(config).toMatchObject({
      contextPolicy: "clean",
      positionKind: "axial",
      noisedCopies: 1,
      tieEmbeddings: true,
    });
    expect(config.frame.fill).toBe(ids.eos);
    expect(config.objective).toMatchObject({ kind: "diffusion", path: "linear", predictionType: "velocity" });
    expect(resolveModelConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
  });

  it.each([
    [{ frame: { boi: 2, eoi: 3, eos: 16 } }, /frame.eos \(=16\) must lie below vocabSize \(=16\)/],
    [{ frame: { boi: 2, eoi: 2, eos: 1 } }, /three different ids/],
    [{ noisedCopy: 2 }, /noisedCopy/],
    [
      { backbone: { modelDim: 24, numLayers: 1, numHeads: 2, conditioningDim: 8 } },
      /conditioningDim \(=8\) must be left out/,
    ],
    [{ backbone: { modelDim: 24, numLayers: 1, numHeads: 2, numExperts: 3 } }, /numExperts \(=3\)/],
    [
      { objective: { latentChannels: 2, patchSize: 3, adapter: { kind: "unet" } } },
      /patchSize \(=3\) must be a multiple of 2 for a unet adapter of 1 level/,
    ],
    [
      { objective: { latentChannels: 2, patchSize: 2, adapter: { kind: "unet", channels: [8, 12] } } },
      /each of channels \(=12\) must be a positive multiple of 8/,
    ],
    [
      { objective: { latentChannels: 2, patchSize: 2, adapter: { kind: "unet", channels: [0] } } },
      /each of channels \(=0\) must be a positive multiple of 8/,
    ],
    [{ objective: { latentChannels: 2, adapter: { kind: "conv" as "unet" } } }, /objective\.adapter/],
  ] as [Partial<ModelConfigInput>, RegExp][])("names what is wrong in %j", (overrides, message) => {
    expect(() => resolveModelConfig(tinyConfig(overrides))).toThrow(message);
  });
});
