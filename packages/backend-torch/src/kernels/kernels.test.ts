import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, outcomeOn, tensor, useTorch } from "../testing.ts";

beforeAll(useTorch);

/** The same program on `cpu` (TensorFlow.js's own) and on `torch`: equal shapes, types and, to 2e-5, values. */
function agrees(name: string, program: () => tf.Tensor | tf.Tensor[]): void {
  test(name, () => {
    const expected = outcomeOn("cpu", program);
    const actual = outcomeOn("torch", program);
    expect(actual.shapes).toEqual(expected.shapes);
    expect(actual.dtypes).toEqual(expected.dtypes);
    for (const [i, values] of expected.values.entries())
      expect(largestError(actual.values[i] ?? [], values)).toBeLessThan(2e-5);
  });
}

/** The namespace as a value, for choosing operations by name. */
const ops: typeof tf = tf;

const wide = { low: -3, high: 3 };
const positive = { low: 0.1, high: 3 };

describe("one input", () => {
  // biome-ignore format: a list of names
  const anywhere = [
    "abs", "atan", "asinh", "ceil", "cos", "cosh", "elu", "erf", "exp", "expm1", "floor", "isFinite", "isInf", "isNaN", "neg",
    "relu", "relu6", "round", "selu", "sigmoid", "sign", "sin", "sinh", "softplus", "square", "step", "tan", "tanh", "zerosLike", "onesLike",
  ] as const;
  for (const name of anywhere) agrees(name, () => ops[name](tensor([3, 7], wide)));
  for (const name of ["log", "log1p", "reciprocal", "rsqrt", "sqrt"] as const)
    agrees(name, () => ops[name](tensor([3, 7], positive)));
  for (const name of ["acos", "asin", "atanh"] as const)
    agrees(name, () => ops[name](tensor([5], { low: -0.9, high: 0.9 })));
  agrees("acosh", () => tf.acosh(tensor([5], { low: 1.1, high: 4 })));
  agrees("clipByValue", () => tf.clipByValue(tensor([9], wide), -0.5, 0.7));
  agrees("leakyRelu", () => tf.leakyRelu(tensor([9], wide), 0.1));
  agrees("prelu", () => tf.prelu(tensor([4, 3], wide), tensor([3], { seed: 2 })));
  agrees("logicalNot", () => tf.logicalNot(tf.tensor([true, false, true], [3], "bool")));
  agrees("cast", () => [
    tf.cast(tensor([9], wide), "int32"),
    tf.cast(tensor([9], wide), "bool"),
    tf.cast(tf.tensor([1, 0], [2], "bool"), "float32"),
  ]);
  agrees("complex", () => {
    const z = tf.complex(tensor([4]), tensor([4], { seed: 2 }));
    return [tf.real(z), tf.imag(z), tf.abs(z)];
  });
});

describe("two inputs", () => {
  const a = (): tf.Tensor => tensor([2, 3, 4], wide);
  const b = (): tf.Tensor => tensor([3, 1], { seed: 2, ...positive });
  for (const name of [
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "mod",
    "squaredDifference",
    "atan2",
    "floorDiv",
  ] as const)
    agrees(name, () => ops[name](a(), b()));
  agrees("pow", () => tf.pow(tensor([2, 3], positive), tensor([2, 3], { seed: 2, ...wide })));
  for (const name of ["equal", "notEqual", "greater", "greaterEqual", "less", "lessEqual"] as const)
    agrees(name, () => ops[name](tf.round(a()), tf.round(b())));
  agrees("logical", () => {
    const p = tf.tensor([1, 1, 0, 0], [4], "bool");
    const q = tf.tensor([1, 0, 1, 0], [4], "bool");
    return [tf.logicalAnd(p, q), tf.logicalOr(p, q), tf.logicalXor(p, q)];
  });
  agrees("integers", () => {
    const x = tf.tensor([7, -7, 9], [3], "int32");
    const y = tf.tensor([2, 2, -4], [3], "int32");
    return [tf.add(x, y), tf.mul(x, y), tf.floorDiv(x, y), tf.mod(x, y), tf.sum(x)];
  });
  agrees("where", () => tf.where(tf.tensor([1, 0, 1], [3], "bool"), tensor([3]), tensor([3], { seed: 2 })));
  agrees("addN", () => tf.addN([tensor([3]), tensor([3], { seed: 2 }), tensor([3], { seed: 3 })]));
});

describe("reductions", () => {
  const x = (): tf.Tensor => tensor([2, 5, 3], wide);
  for (const name of ["sum", "mean", "max", "min", "prod"] as const) {
    agrees(name, () => [ops[name](x()), ops[name](x(), 1), ops[name](x(), [0, 2], true), ops[name](x(), -1)]);
  }
  agrees("argMax and argMin", () => [tf.argMax(x(), 1), tf.argMin(x(), -1), tf.argMax(tf.tensor([1, 3, 3, 0]))]);
  agrees("all and any", () => [
    tf.all(tf.cast(tf.relu(x()), "bool"), 1),
    tf.any(tf.cast(tf.relu(x()), "bool"), [0, 1]),
  ]);
  agrees("cumsum", () => [
    tf.cumsum(x(), 1),
    tf.cumsum(x(), 2, true),
    tf.cumsum(x(), 0, false, true),
    tf.cumsum(x(), 1, true, true),
  ]);
  agrees("cumprod", () => [tf.cumprod(x(), 1), tf.cumprod(x(), 1, true, true)]);
  agrees("softmax", () => [tf.softmax(x()), tf.logSoftmax(x()), tf.logSumExp(x(), 1)]);
  agrees("topk", () => {
    const { values, indices } = tf.topk(
      tf.tensor([
        [1, 5, 5, 2],
        [0, 0, 7, 0],
      ]),
      3,
    );
    return [values, indices];
  });
});

describe("shape", () => {
  const x = (): tf.Tensor3D => tensor([4, 6, 5]) as tf.Tensor3D;
  agrees("reshape", () => [tf.reshape(x(), [-1, 10]), tf.expandDims(x(), 1), tf.squeeze(tf.reshape(x(), [1, 120, 1]))]);
  agrees("transpose", () => [tf.transpose(x()), tf.transpose(x(), [1, 0, 2])]);
  agrees("slice", () => [tf.slice(x(), [1, 2, 0], [2, 3, -1]), tf.slice(x(), 3), tf.slice(x(), [0, 0, 1], [1, 1, 2])]);
  agrees("stridedSlice", () => [
    tf.stridedSlice(x(), [0, 5, 1], [4, 0, 5], [2, -2, 3]),
    tf.stridedSlice(x(), [1], [2], [1], 0, 0, 0, 0, 1),
  ]);
  agrees("concat", () => [tf.concat([x(), x()], 0), tf.concat([x(), tensor([4, 6, 2])], -1)]);
  agrees("concat of a split's parts", () => {
    const parts = tf.split(x(), 5, 2) as tf.Tensor3D[];
    const [a, b, c, d] = parts as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return [parts, [b, c], [b, a], [a, c], [c, c, d]].map((some) => tf.concat(some, 2));
  });
  agrees("split", () => [...tf.split(x(), 2, 1), ...tf.split(x(), [1, -1, 2], 2)].map((part) => tf.mul(part, 2)));
  agrees("more parts than one call reports", () => {
    const [rows, columns] = [tf.unstack(tensor([9000, 2, 3])), tf.split(tensor([2, 25000]), 25000, 1)];
    return [tf.stack(rows.slice(4090)), tf.concat(columns.reverse(), 1), ...tf.split(tensor([3, 2]), [1, 0, 2])];
  });
  agrees("stack and unstack", () => [
    tf.stack([tensor([3]), tensor([3], { seed: 2 })], 1),
    ...tf.unstack(tensor([3, 2]), 1),
  ]);
  agrees("tile and reverse", () => [
    tf.tile(tensor([2, 3]), [2, 2]),
    tf.reverse(x(), [0, 2]),
    tf.broadcastTo(tensor([3, 1]), [2, 3, 4]),
  ]);
  agrees("pad", () => [
    tf.pad(
      tensor([2, 3]),
      [
        [1, 0],
        [0, 2],
      ],
      7,
    ),
    tf.mirrorPad(
      tensor([3, 4]),
      [
        [2, 1],
        [0, 3],
      ],
      "reflect",
    ),
    tf.mirrorPad(
      tensor([3, 4]),
      [
        [2, 1],
        [0, 3],
      ],
      "symmetric",
    ),
  ]);
  agrees("creation", () => [
    tf.fill([2, 2], 3),
    tf.zeros([3], "int32"),
    tf.linspace(0, 1, 5),
    tf.range(5, 0, -2),
    tf.range(0, 4, 1, "int32"),
    tf.eye(3),
  ]);
  agrees("empty", () => [tf.concat([tf.tensor([], [0, 3]), tensor([2, 3])], 0), tf.sum(tf.tensor([], [0, 3]), 0)]);
});

describe("indices", () => {
  const ids = (): tf.Tensor => tf.tensor([2, 0, 2, 1], [2, 2], "int32");
  agrees("gather", () => [
    tf.gather(tensor([3, 4]), ids()),
    tf.gather(tensor([2, 3, 4]), ids(), 1),
    tf.gather(tensor([2, 3, 4]), ids(), 1, 1),
  ]);
  agrees("gatherND", () =>
    tf.gatherND(
      tensor([3, 4, 2]),
      tf.tensor(
        [
          [0, 1],
          [2, 3],
        ],
        [2, 2],
        "int32",
      ),
    ),
  );
  agrees("scatterND", () => tf.scatterND(tf.tensor([[1], [3], [1]], [3, 1], "int32"), tensor([3, 2]), [4, 2]));
  agrees("tensorScatterUpdate", () =>
    tf.tensorScatterUpdate(tensor([4, 2]), tf.tensor([[1], [3]], [2, 1], "int32"), tensor([2, 2], { seed: 2 })),
  );
  agrees("unsortedSegmentSum", () => tf.unsortedSegmentSum(tensor([4, 3]), tf.tensor([0, 2, 0, -1], [4], "int32"), 3));
  agrees("oneHot", () => [tf.oneHot(ids(), 3), tf.oneHot(tf.tensor([1, 5], [2], "int32"), 3, 2, -1)]);
  agrees("bincount", () => [
    tf.bincount(tf.tensor([1, 1, 3], [3], "int32"), tf.tensor([]), 4),
    tf.denseBincount(
      tf.tensor2d(
        [
          [1, 1],
          [3, 0],
        ],
        [2, 2],
        "int32",
      ),
      tensor([2, 2]) as tf.Tensor2D,
      4,
    ),
  ]);
  test("multinomial follows the probabilities and its seed", () => {
    const draw = (seed: number): number[] =>
      Array.from(
        outcomeOn("torch", () => tf.multinomial(tf.log(tf.tensor1d([0.2, 0, 0.8])), 2000, seed)).values[0] ?? [],
      );
    const counts = [0, 1, 2].map((value) => draw(3).filter((drawn) => drawn === value).length);
    expect(draw(3)).toEqual(draw(3));
    expect(draw(4)).not.toEqual(draw(3));
    expect(counts[1]).toBe(0);
    expect(Math.abs((counts[0] as number) / 2000 - 0.2)).toBeLessThan(0.04);
  });
  test("whereAsync gives the coordinates of true elements", async () => {
    tf.setBackend("torch");
    const found = await tf.whereAsync(
      tf.tensor(
        [
          [1, 0],
          [1, 1],
        ],
        [2, 2],
        "bool",
      ),
    );
    expect(found.arraySync()).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
    found.dispose();
  });
});

describe("products", () => {
  agrees("matMul", () => [
    tf.matMul(tensor([3, 5]), tensor([5, 4])),
    tf.matMul(tensor([5, 3]), tensor([4, 5]), true, true),
    tf.matMul(tensor([2, 3, 5]), tensor([2, 5, 4])),
    tf.matMul(tensor([2, 3, 5]), tensor([1, 5, 4])),
    tf.matMul(tensor([2, 5, 3]), tensor([5, 4]), true),
  ]);
  agrees("large matMul", () => tf.matMul(tensor([130, 70]), tensor([150, 70], { seed: 2 }), false, true));
  agrees("fused matMul", () =>
    tf.fused.matMul({ a: tensor([3, 5]), b: tensor([5, 4]), bias: tensor([4], { seed: 3 }), activation: "relu" }),
  );
  agrees("einsum", () => tf.einsum("bij,bkj->bik", tensor([2, 3, 4]), tensor([2, 5, 4])));
  agrees("batchNorm", () =>
    tf.batchNorm(tensor([2, 3, 3, 4]), tensor([4]), tensor([4], positive), tensor([4]), tensor([4]), 1e-3),
  );
});
