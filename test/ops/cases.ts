/**
 * Every differentiable fused op with an independent definition: plain loops over numbers in double precision, written
 * from the formula. The tests compare portable definitions and backend kernels with these, values and gradients.
 */
import {
  attention,
  conv2d,
  crossEntropy,
  embedding,
  groupNorm,
  linear,
  normedRotary,
  rmsNorm,
  rotaryEmbedding,
  swiglu,
  swigluLinear,
  tf,
} from "@interfuse/tensor";

/** Values by input name, row-major. */
export type Values = Record<string, ArrayLike<number>>;

export type OpCase = {
  name: string;
  /** Shapes of the float32 inputs, all of which get gradients. */
  inputs: Record<string, number[]>;
  /** The kernel that a backend registers for it. */
  kernel: string;
  run: (inputs: Record<string, tf.Tensor>) => tf.Tensor;
  reference: (values: Values) => number[];
};

const dims = (size: number): number[] => Array.from({ length: size }, (_, i) => i);

export function linearCase(rows: number, inputDim: number, outputDim: number, useBias: boolean): OpCase {
  return {
    name: `linear [${rows},${inputDim}] -> ${outputDim}${useBias ? " with bias" : ""}`,
    kernel: "Linear",
    inputs: { x: [rows, inputDim], weight: [outputDim, inputDim], ...(useBias ? { bias: [outputDim] } : {}) },
    run: ({ x, weight, bias }) => linear(x!, weight!, { bias }),
    reference: ({ x, weight, bias }) =>
      dims(rows).flatMap((row) =>
        dims(outputDim).map((o) =>
          dims(inputDim).reduce((sum, i) => sum + x![row * inputDim + i]! * weight![o * inputDim + i]!, bias?.[o] ?? 0),
        ),
      ),
  };
}

export function linearResidualCase(rows: number, inputDim: number, outputDim: number): OpCase {
  const plain = linearCase(rows, inputDim, outputDim, true);
  return {
    ...plain,
    name: `${plain.name} and residual`,
    inputs: { ...plain.inputs, residual: [rows, outputDim] },
    run: ({ x, weight, bias, residual }) => linear(x!, weight!, { bias, residual }),
    reference: (values) => plain.reference(values).map((y, i) => y + values.residual![i]!),
  };
}

export function rmsNormCase(rows: number, width: number): OpCase {
  return {
    name: `rmsNorm [${rows},${width}]`,
    kernel: "RmsNorm",
    inputs: { x: [rows, width], weight: [width] },
    run: ({ x, weight }) => rmsNorm(x!, weight!, { epsilon: 1e-3 }),
    reference: ({ x, weight }) =>
      dims(rows).flatMap((row) => {
        const meanSquare = dims(width).reduce((sum, i) => sum + x![row * width + i]! ** 2, 0) / width;
        return dims(width).map((i) => (x![row * width + i]! / Math.sqrt(meanSquare + 1e-3)) * weight![i]!);
      }),
  };
}

/** Cosines and sines of each token's angles, and heads of plain numbers turned by them. */
function turning(tokens: number, headDim: number) {
  const half = headDim / 2;
  const angle = (token: number, i: number): number => 0.3 * token + 0.7 * i + 0.1;
  const values = dims(tokens).flatMap((token) => [
    ...dims(half).map((i) => Math.cos(angle(token, i))),
    ...dims(half).map((i) => Math.sin(angle(token, i))),
  ]);
  const turn = (head: ArrayLike<number>, token: number): number[] =>
    dims(headDim).map((i) => {
      const [cos, sin] = [Math.cos(angle(token, i % half)), Math.sin(angle(token, i % half))];
      return i < half ? head[i]! * cos - head[i + half]! * sin : head[i]! * cos + head[i - half]! * sin;
    });
  return { table: () => tf.tensor2d(values, [tokens, headDim]), turn };
}

export function rotaryCase(tokens: number, heads: number, headDim: number, numHeads = heads): OpCase {
  const { table, turn } = turning(tokens, headDim);
  return {
    name: `rotaryEmbedding [${tokens},${heads},${headDim}]${numHeads < heads ? ` of ${numHeads} heads` : ""}`,
    kernel: "RotaryEmbedding",
    inputs: { x: [tokens, heads, headDim] },
    run: ({ x }) => rotaryEmbedding(x as tf.Tensor3D, table(), { numHeads }),
    reference: ({ x }) =>
      dims(tokens * heads).flatMap((row) => {
        const head = Array.from(x!).slice(row * headDim, (row + 1) * headDim);
        return row % heads < numHeads ? turn(head, Math.floor(row / heads)) : head;
      }),
  };
}

export type NormedRotarySizes = {
  tokens: number;
  heads: number;
  headDim: number;
  numHeads: number;
  numKvHeads: number;
};

export function normedRotaryCase(sizes: NormedRotarySizes): OpCase {
  const { tokens, heads, headDim, numHeads, numKvHeads } = sizes;
  const { table, turn } = turning(tokens, headDim);
  return {
    name: `normedRotary [${tokens},${heads},${headDim}] of ${numHeads} and ${numKvHeads} heads`,
    kernel: "NormedRotary",
    inputs: { x: [tokens, heads, headDim], queryWeight: [headDim], keyWeight: [headDim] },
    run: ({ x, queryWeight, keyWeight }) =>
      normedRotary(x as tf.Tensor3D, table(), {
        numHeads,
        numKvHeads,
        queryWeight: queryWeight!,
        keyWeight: keyWeight!,
        epsilon: 1e-3,
      }),
    reference: ({ x, queryWeight, keyWeight }) =>
      dims(tokens * heads).flatMap((row) => {
        const head = Array.from(x!).slice(row * headDim, (row + 1) * headDim);
        if (row % heads >= numHeads + numKvHeads) return head;
        const weight = row % heads < numHeads ? queryWeight! : keyWeight!;
        const meanSquare = head.reduce((sum, value) => sum + value ** 2, 0) / headDim;
        const normed = head.map((value, i) => (value / Math.sqrt(meanSquare + 1e-3)) * weight[i]!);
        return turn(normed, Math.floor(row / heads));
      }),
  };
}

export function swigluCase(rows: number, mlpDim: number): OpCase {
  return {
    name: `swiglu [${rows},${2 * mlpDim}]`,
    kernel: "SwiGlu",
    inputs: { x: [rows, 2 * mlpDim] },
    run: ({ x }) => swiglu(x as tf.Tensor2D),
    reference: ({ x }) =>
      dims(rows).flatMap((row) =>
        dims(mlpDim).map((i) => {
          const gate = x![row * 2 * mlpDim + i]!;
          return (gate / (1 + Math.exp(-gate))) * x![row * 2 * mlpDim + mlpDim + i]!;
        }),
      ),
  };
}

export function swigluLinearCase(rows: number, mlpDim: number, outputDim: number): OpCase {
  const [gate, product] = [swigluCase(rows, mlpDim), linearCase(rows, mlpDim, outputDim, false)];
  return {
    name: `swigluLinear [${rows},${2 * mlpDim}] -> ${outputDim} and residual`,
    kernel: "SwiGluLinear",
    inputs: { x: [rows, 2 * mlpDim], weight: [outputDim, mlpDim], residual: [rows, outputDim] },
    run: ({ x, weight, residual }) =>
      swigluLinear(x as tf.Tensor2D, weight as tf.Tensor2D, { residual: residual as tf.Tensor2D }),
    reference: ({ x, weight, residual }) =>
      product.reference({ x: gate.reference({ x: x! }), weight: weight! }).map((y, i) => y + residual![i]!),
  };
}

export type AttentionSizes = { heads: number; kvHeads: number; headDim: number; keys: number; scale?: number };

export function attentionCase(name: string, ranges: number[][], sizes: AttentionSizes): OpCase {
  const { heads, kvHeads, headDim, keys, scale } = sizes;
  const queries = ranges.length;
  return {
    name: `attention ${name}`,
    kernel: "Attention",
    inputs: { query: [queries, heads, headDim], key: [keys, kvHeads, headDim], value: [keys, kvHeads, headDim] },
    run: ({ query, key, value }) =>
      attention({
        query: query as tf.Tensor3D,
        key: key as tf.Tensor3D,
        value: value as tf.Tensor3D,
        keyRanges: Int32Array.from(ranges.flat()),
        scale,
      }),
    reference: ({ query, key, value }) =>
      ranges.flatMap(([a0, a1, b0, b1], token) => {
        const visible = dims(keys).filter((k) => (k >= a0! && k < a1!) || (k >= b0! && k < b1!));
        return dims(heads).flatMap((head) => {
          const kvHead = Math.floor(head / (heads / kvHeads));
          const at = (k: number, i: number): number => (k * kvHeads + kvHead) * headDim + i;
          const scores = visible.map(
            (k) =>
              dims(headDim).reduce(
                (sum, i) => sum + query![(token * heads + head) * headDim + i]! * key![at(k, i)]!,
                0,
              ) * (scale ?? 1 / Math.sqrt(headDim)),
          );
          const largest = Math.max(...scores);
          const exponentials = scores.map((score) => Math.exp(score - largest));
          const total = exponentials.reduce((sum, e) => sum + e, 0);
          return dims(headDim).map((i) =>
            visible.reduce((sum, k, j) => sum + (exponentials[j]! / total) * value![at(k, i)]!, 0),
          );
        });
      }),
  };
}

export function embeddingCase(vocabSize: number, width: number, ids: number[]): OpCase {
  return {
    name: `embedding of ${ids.length} ids from [${vocabSize},${width}]`,
    kernel: "Embedding",
    inputs: { weight: [vocabSize, width] },
    run: ({ weight }) => embedding(weight!, tf.tensor1d(ids, "int32")),
    reference: ({ weight }) => ids.flatMap((id) => dims(width).map((i) => weight![id * width + i]!)),
  };
}

export function crossEntropyCase(vocabSize: number, targets: number[]): OpCase {
  return {
    name: `crossEntropy of ${targets.length} rows over ${vocabSize}`,
    kernel: "CrossEntropy",
    inputs: { logits: [targets.length, vocabSize] },
    run: ({ logits }) => crossEntropy(logits as tf.Tensor2D, tf.tensor1d(targets, "int32")),
    reference: ({ logits }) =>
      targets.map((target, row) => {
        if (target < 0) return 0;
        const values = dims(vocabSize).map((i) => logits![row * vocabSize + i]!);
        return Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0)) - values[target]!;
      }),
  };
}

export type ImageSizes = { batch: number; height: number; width: number; channels: number };

export function groupNormCase(image: ImageSizes, groups: number, activation: "none" | "silu"): OpCase {
  const { batch, height, width, channels } = image;
  const groupSize = channels / groups;
  return {
    name: `groupNorm [${Object.values(image)}] in ${groups} groups, ${activation}`,
    kernel: "GroupNorm",
    inputs: { x: [batch, height, width, channels], weight: [channels], bias: [channels] },
    run: ({ x, weight, bias }) => groupNorm(x as tf.Tensor4D, weight!, bias!, { groups, epsilon: 1e-3, activation }),
    reference: ({ x, weight, bias }) => {
      const y: number[] = [];
      for (const b of dims(batch)) {
        for (const group of dims(groups)) {
          const places = dims(height * width).flatMap((pixel) =>
            dims(groupSize).map((c) => (b * height * width + pixel) * channels + group * groupSize + c),
          );
          const mean = places.reduce((sum, place) => sum + x![place]!, 0) / places.length;
          const variance = places.reduce((sum, place) => sum + (x![place]! - mean) ** 2, 0) / places.length;
          for (const place of places) {
            const c = place % channels;
            const value = ((x![place]! - mean) / Math.sqrt(variance + 1e-3)) * weight![c]! + bias![c]!;
            y[place] = activation === "silu" ? value / (1 + Math.exp(-value)) : value;
          }
        }
      }
      return y;
    },
  };
}

export type ConvSizes = {
  kernel: [number, number];
  outputs: number;
  strides: [number, number];
  padding: [[number, number], [number, number]];
  groups: number;
  useBias: boolean;
};

export function conv2dCase(image: ImageSizes, sizes: ConvSizes): OpCase {
  const { batch, height, width, channels } = image;
  const { kernel, outputs, strides, padding, groups, useBias } = sizes;
  const groupChannels = channels / groups;
  const outHeight = Math.floor((height + padding[0][0] + padding[0][1] - kernel[0]) / strides[0]) + 1;
  const outWidth = Math.floor((width + padding[1][0] + padding[1][1] - kernel[1]) / strides[1]) + 1;
  const pixel = (x: ArrayLike<number>, b: number, [row, column]: [number, number], c: number): number =>
    row < 0 || row >= height || column < 0 || column >= width
      ? 0
      : x[((b * height + row) * width + column) * channels + c]!;
  return {
    name: `conv2d [${Object.values(image)}] by ${kernel} to ${outputs}, strides ${strides}, padding ${padding}, ${groups} groups`,
    kernel: "GroupedConv2d",
    inputs: {
      x: [batch, height, width, channels],
      weight: [...kernel, groupChannels, outputs],
      ...(useBias ? { bias: [outputs] } : {}),
    },
    run: ({ x, weight, bias }) => conv2d(x as tf.Tensor4D, weight!, { bias, strides, padding, groups }),
    reference: ({ x, weight, bias }) => {
      const y: number[] = [];
      for (const b of dims(batch)) {
        for (const row of dims(outHeight)) {
          for (const column of dims(outWidth)) {
            for (const o of dims(outputs)) {
              const firstChannel = Math.floor(o / (outputs / groups)) * groupChannels;
              let sum = bias?.[o] ?? 0;
              for (const i of dims(kernel[0])) {
                for (const j of dims(kernel[1])) {
                  const place: [number, number] = [
                    row * strides[0] + i - padding[0][0],
                    column * strides[1] + j - padding[1][0],
                  ];
                  for (const c of dims(groupChannels)) {
                    const w = weight![((i * kernel[1] + j) * groupChannels + c) * outputs + o]!;
                    sum += w * pixel(x!, b, place, firstChannel + c);
                  }
                }
              }
              y.push(sum);
            }
          }
        }
      }
      return y;
    },
  };
}

export function conv2dResidualCase(image: ImageSizes, sizes: ConvSizes): OpCase {
  const plain = conv2dCase(image, sizes);
  const { kernel, strides, padding, outputs } = sizes;
  const [outHeight, outWidth] = ([image.height, image.width] as const).map(
    (size, axis) => Math.floor((size + padding[axis]![0] + padding[axis]![1] - kernel[axis]!) / strides[axis]!) + 1,
  ) as [number, number];
  return {
    ...plain,
    name: `${plain.name} and residual`,
    inputs: { ...plain.inputs, residual: [image.batch, outHeight, outWidth, outputs] },
    run: ({ x, weight, bias, residual }) =>
      conv2d(x as tf.Tensor4D, weight!, { ...sizes, bias, residual: residual as tf.Tensor4D }),
    reference: (values) => plain.reference(values).map((y, i) => y + values.residual![i]!),
  };
}

const causal = (tokens: number): number[][] => dims(tokens).map((i) => [0, i + 1, 0, 0]);

/** The cases: odd sizes, size one, empty and double key ranges. */
export const opCases: OpCase[] = [
  linearCase(5, 7, 3, false),
  linearCase(3, 5, 9, true),
  linearCase(1, 1, 1, true),
  linearResidualCase(3, 5, 9),
  linearResidualCase(70, 6, 1),
  rmsNormCase(5, 7),
  rmsNormCase(1, 1),
  rotaryCase(5, 3, 6),
  rotaryCase(4, 5, 6, 3),
  rotaryCase(1, 1, 2),
  normedRotaryCase({ tokens: 5, heads: 6, headDim: 6, numHeads: 3, numKvHeads: 1 }),
  normedRotaryCase({ tokens: 1, heads: 2, headDim: 2, numHeads: 1, numKvHeads: 1 }),
  swigluCase(5, 7),
  swigluCase(1, 1),
  swigluLinearCase(5, 7, 3),
  swigluLinearCase(1, 1, 1),
  attentionCase("causal, grouped", causal(7), { heads: 6, kvHeads: 2, headDim: 3, keys: 7 }),
  attentionCase("of one query and key", causal(1), { heads: 1, kvHeads: 1, headDim: 1, keys: 1 }),
  attentionCase(
    "with two ranges, empty rows and a scale",
    [
      [0, 3, 5, 9],
      [0, 0, 0, 0],
      [2, 2, 4, 5],
      [1, 4, 4, 8],
      [0, 9, 9, 9],
      [4, 4, 2, 2],
    ],
    { heads: 4, kvHeads: 4, headDim: 5, keys: 9, scale: 0.9 },
  ),
  embeddingCase(5, 3, [4, 0, 4, 2, 4]),
  embeddingCase(1, 1, [0]),
  crossEntropyCase(7, [3, -1, 0, 6, 3]),
  crossEntropyCase(1, [0]),
  groupNormCase({ batch: 2, height: 3, width: 5, channels: 6 }, 3, "none"),
  groupNormCase({ batch: 1, height: 3, width: 2, channels: 4 }, 1, "silu"),
  groupNormCase({ batch: 1, height: 2, width: 1, channels: 1 }, 1, "none"),
  conv2dCase(
    { batch: 2, height: 5, width: 4, channels: 3 },
    {
      kernel: [3, 3],
      outputs: 4,
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 1,
      useBias: true,
    },
  ),
  conv2dCase(
    { batch: 1, height: 5, width: 6, channels: 2 },
    {
      kernel: [3, 2],
      outputs: 3,
      strides: [2, 2],
      padding: [
        [0, 1],
        [1, 0],
      ],
      groups: 1,
      useBias: false,
    },
  ),
  conv2dCase(
    { batch: 1, height: 4, width: 3, channels: 4 },
    {
      kernel: [3, 3],
      outputs: 6,
      strides: [2, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 2,
      useBias: true,
    },
  ),
  conv2dResidualCase(
    { batch: 3, height: 5, width: 4, channels: 3 },
    {
      kernel: [3, 3],
      outputs: 4,
      strides: [1, 1],
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 1,
      useBias: true,
    },
  ),
  conv2dResidualCase(
    { batch: 1, height: 5, width: 6, channels: 4 },
    {
      kernel: [3, 2],
      outputs: 6,
      strides: [2, 1],
      padding: [
        [0, 1],
        [1, 0],
      ],
      groups: 2,
      useBias: false,
    },
  ),
  conv2dResidualCase(
    { batch: 1, height: 2, width: 3, channels: 3 },
    {
      kernel: [1, 1],
      outputs: 5,
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      groups: 1,
      useBias: false,
    },
  ),
  conv2dCase(
    { batch: 1, height: 1, width: 1, channels: 1 },
    {
      kernel: [1, 1],
      outputs: 1,
      strides: [1, 1],
      padding: [
        [0, 0],
        [0, 0],
      ],
      groups: 1,
      useBias: true,
    },
  ),
];
