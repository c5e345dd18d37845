import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { setTorchPrecision, torchInfo } from "./register.ts";
import { useTorch } from "./testing.ts";

// What cannot be computed is an Error that names the kernel, and the backend goes on.

beforeAll(useTorch);

const run = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] =>
  [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];

function refuses(name: string, message: RegExp, program: () => tf.Tensor | tf.Tensor[]): void {
  test(name, () => {
    const { slots } = torchInfo();
    const said = messageOf(() => tf.tidy(() => void program()));
    expect(said).toMatch(message);
    expect(said).not.toMatch(/enforce fail|Exception raised|\.cpp:|\n/);
    expect(torchInfo().slots).toBe(slots);
    expect(tf.tidy(() => Array.from(tf.add(tf.ones([2]), 1).dataSync()))).toEqual([2, 2]);
  });
}

function messageOf(program: () => void): string {
  try {
    program();
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

const MANY = 2 ** 20;
const column = (): tf.Tensor2D => tf.ones([MANY, 1]);
const row = (): tf.Tensor2D => tf.ones([1, MANY]);
const zeroIds = (): tf.Tensor1D => tf.zeros([MANY], "int32");

describe("tensors of 2^40 values", () => {
  const needs = (kernel: string): RegExp =>
    new RegExp(
      `^${kernel}: out of memory(: cannot allocate \\d+ bytes)?; dispose .* \\((inputs|output): .*\\[[\\d,]+\\]\\)$`,
    );
  refuses("fill", needs("Fill"), () => tf.fill([MANY, MANY], 1));
  refuses("range", needs("Range"), () => tf.range(0, 2 ** 40));
  refuses("linspace", needs("LinSpace"), () => tf.linspace(0, 1, 2 ** 40));
  refuses("add", needs("Add"), () => tf.add(column(), row()));
  refuses("matMul", needs("BatchMatMul"), () => tf.matMul(column(), row()));
  refuses("tile", needs("Tile"), () => tf.tile(column(), [1, MANY]));
  refuses("pad", needs("PadV2"), () =>
    tf.pad(row(), [
      [0, MANY],
      [0, MANY],
    ]),
  );
  refuses("oneHot", needs("OneHot"), () => tf.oneHot(zeroIds(), MANY));
  refuses("gather", needs("GatherV2"), () => tf.gather(row(), zeroIds()));
  refuses("resize", needs("ResizeBilinear"), () =>
    tf.image.resizeBilinear(tf.ones<tf.Rank.R4>([1, 2, 2, 1]), [MANY, MANY]),
  );
  refuses("conv2d", needs("Conv2D"), () =>
    tf.conv2d(tf.ones<tf.Rank.R4>([1, 3, 3, 1]), tf.ones<tf.Rank.R4>([1, 1, 1, 1]), 1, MANY),
  );
  refuses("Linear", needs("Linear"), () => run("Linear", { x: column(), weight: column() }));
  refuses("Embedding", needs("Embedding"), () => run("Embedding", { weight: row(), ids: zeroIds() }));
  refuses("EmbeddingGrad", needs("EmbeddingGrad"), () =>
    run("EmbeddingGrad", { dy: row(), ids: tf.zeros([1], "int32") }, { vocabSize: MANY }),
  );
  test("Linear in bf16 with float32 output", () => {
    setTorchPrecision("bf16");
    const program = () => run("Linear", { x: column(), weight: column() }, { float32Output: true });
    expect(() => tf.tidy(() => void program())).toThrowError(needs("Linear"));
    setTorchPrecision("f32");
  });
});

describe("sizes that no integer holds", () => {
  const one = (): tf.Tensor2D => tf.ones([1, 1]);
  refuses("fill, 2^80", /^Fill: .*overflow/, () => tf.fill([2 ** 40, 2 ** 40], 1));
  refuses("fill, 2^93", /^Fill: .*overflow/, () => tf.fill([2 ** 31, 2 ** 31, 2 ** 31], 1));
  refuses("tile, 2^80", /^Tile: .*overflow/, () => tf.tile(one(), [2 ** 40, 2 ** 40]));
  refuses("pad, 2^104", /^PadV2: .*overflow/, () =>
    tf.pad(one(), [
      [0, 2 ** 52],
      [0, 2 ** 52],
    ]),
  );
  refuses("an axis of 2^40 beside an empty one", /^Fill: .*\[0, 1099511627776\].*2\^31 - 1/, () =>
    tf.fill([0, 2 ** 40], 1),
  );
});

describe("values of another type", () => {
  const float = (...shape: number[]) => ({ shape, dtype: "float32" as const });
  const int = (...shape: number[]) => ({ shape, dtype: "int32" as const });
  const keyRanges = Int32Array.of(0, 2, 0, 0, 0, 2, 0, 0);
  const padding = [
    [0, 0],
    [0, 0],
  ];
  const heads = float(2, 2, 2);
  const image = float(1, 2, 2, 2);
  /** Inputs as they must be; the tests give each of them the other type in turn. */
  const calls: Record<
    string,
    [inputs: Record<string, { shape: number[]; dtype: "float32" | "int32" }>, attrs?: object]
  > = {
    Linear: [{ x: float(2, 2), weight: float(2, 2), bias: float(2), residual: float(2, 2) }],
    LinearGradInput: [{ dy: float(2, 2), weight: float(2, 2) }],
    LinearGradWeight: [{ dy: float(2, 2), x: float(2, 2) }],
    RmsNorm: [{ x: float(2, 2), weight: float(2) }, { epsilon: 1e-3 }],
    RmsNormGrad: [{ dy: float(2, 2), x: float(2, 2), weight: float(2), inverseRms: float(2) }],
    RotaryEmbedding: [
      { x: heads, table: float(2, 2) },
      { inverse: false, numHeads: 1 },
    ],
    NormedRotary: [
      { x: heads, table: float(2, 2), queryWeight: float(2), keyWeight: float(2) },
      { numHeads: 1, numKvHeads: 1, epsilon: 1e-3 },
    ],
    NormedRotaryGrad: [
      {
        dy: heads,
        x: heads,
        table: float(2, 2),
        queryWeight: float(2),
        keyWeight: float(2),
        inverseRms: float(2, 2),
      },
      { numHeads: 1, numKvHeads: 1 },
    ],
    SwiGlu: [{ x: float(2, 2) }],
    SwiGluGrad: [{ dy: float(2, 1), x: float(2, 2) }],
    SwiGluLinear: [{ x: float(2, 2), weight: float(2, 1), residual: float(2, 2) }, { float32Output: false }],
    SwiGluLinearGrad: [{ dy: float(2, 2), x: float(2, 2), weight: float(2, 1) }],
    Attention: [
      { query: heads, key: heads, value: heads },
      { keyRanges, scale: 1 },
    ],
    AttentionGrad: [
      { dy: heads, query: heads, key: heads, value: heads, output: heads, logSumExp: float(2, 2) },
      { keyRanges, scale: 1 },
    ],
    Embedding: [{ weight: float(2, 2), ids: int(2) }],
    EmbeddingGrad: [{ dy: float(2, 2), ids: int(2) }, { vocabSize: 2 }],
    CrossEntropy: [{ logits: float(2, 2), targets: int(2) }],
    CrossEntropyGrad: [{ dy: float(2), logits: float(2, 2), targets: int(2), logSumExp: float(2) }],
    GroupNorm: [
      { x: image, weight: float(2), bias: float(2) },
      { groups: 1, epsilon: 1e-3, activation: "none" },
    ],
    GroupedConv2d: [
      { x: image, weight: float(1, 1, 2, 2), bias: float(2), residual: image },
      { strides: [1, 1], padding, groups: 1 },
    ],
    WriteRows: [{ buffer: float(2, 2), rows: float(2, 2) }, { slots: Int32Array.of(0, 1) }],
    EmaUpdate: [{ average0: float(2), parameter0: float(2) }, { decay: 0.5 }],
    AdamWUpdate: [
      { parameter0: float(2), gradient0: float(2), firstMoment0: float(2), secondMoment0: float(2) },
      { learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecays: [0], step: 1, maxGradNorm: 0 },
    ],
    MuonUpdate: [
      { parameter0: float(2, 2), gradient0: float(2, 2), momentum0: float(2, 2) },
      { rates: [1], momentum: 0.9, decay: 0 },
    ],
  };
  for (const precision of ["f32", "bf16"] as const) {
    for (const [kernel, [inputs, attrs]] of Object.entries(calls)) {
      for (const wrong of Object.keys(inputs)) {
        test(`${kernel} in ${precision}, ${wrong}`, () => {
          setTorchPrecision(precision);
          const tensors = Object.fromEntries(
            Object.entries(inputs).map(([name, { shape, dtype }]) => {
              const other = dtype === "int32" ? "float32" : "int32";
              return [name, tf.zeros(shape, name === wrong ? other : dtype)];
            }),
          );
          expect(() => run(kernel, tensors, attrs)).toThrowError(new RegExp(`^${kernel}: `));
          tf.dispose(tensors);
          setTorchPrecision("f32");
        });
      }
    }
  }
});

describe("images without pixels", () => {
  const empty = (): tf.Tensor4D => tf.zeros([1, 0, 4, 3]);
  refuses("are not resized", /^ResizeBilinear: an image without pixels .*float32\[1,0,4,3\]/, () =>
    tf.image.resizeBilinear(empty(), [2, 2]),
  );
  refuses("are not resized to the nearest", /^ResizeNearestNeighbor: an image without pixels/, () =>
    tf.image.resizeNearestNeighbor(tf.transpose(empty(), [0, 2, 1, 3]), [2, 2]),
  );
});

describe("sparse tensors that are none", () => {
  const int = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, "int32");
  const fillEmptyRows = (indices: tf.Tensor, shape: tf.Tensor): tf.Tensor[] =>
    Object.values(
      tf.sparse.sparseFillEmptyRows(indices as tf.Tensor2D, tf.ones([2]), shape as tf.Tensor1D, tf.scalar(0)),
    );
  const reshape = (indices: tf.Tensor, from: number[], to: number[]): tf.Tensor[] => {
    const inputShape = tf.tensor1d(from, "int32");
    return Object.values(tf.sparse.sparseReshape(indices as tf.Tensor2D, inputShape, tf.tensor1d(to, "int32")));
  };
  refuses("rows of no coordinates", /^SparseFillEmptyRows: .*without axes.*int32\[2,0\]/, () =>
    fillEmptyRows(int([], [2, 0]), int([2], [1])),
  );
  refuses("rows of no shape", /^SparseFillEmptyRows: .*without axes.*int32\[0\]/, () =>
    fillEmptyRows(int([0, 1], [2, 1]), int([], [0])),
  );
  refuses("more axes than coordinates", /^SparseReshape: .*1 coordinates, inputShape 3 axes/, () =>
    reshape(int([0], [1, 1]), [1, 1, 1], [1]),
  );
  refuses("elements of an empty tensor", /^SparseReshape: .*shape \[0,3\] has no elements/, () =>
    reshape(int([0, 0], [1, 2]), [0, 3], [3, 0]),
  );
});

refuses("more coordinates than axes", /^GatherNd: indices have 3 coordinates, the tensor 2 axes .*int32\[1,3\]/, () =>
  tf.gatherND(tf.ones([2, 2]), tf.zeros([1, 3], "int32")),
);

refuses("segment numbers of another shape", /^UnsortedSegmentSum: .*shape of x's first axes.*float32\[4\]/, () =>
  tf.unsortedSegmentSum(tf.ones([4]), tf.zeros([2, 2], "int32") as tf.Tensor as tf.Tensor1D, 3),
);

refuses("pooling with strides that lead nowhere", /^pooling: strides \(=0\) must be larger than 0$/, () =>
  tf.maxPool(tf.ones<tf.Rank.R4>([1, 4, 4, 1]), 2, 0, "valid"),
);
