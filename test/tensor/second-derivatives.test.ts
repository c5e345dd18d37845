/**
 * Gradients of gradients, against central differences of gradients: the operations that discriminators under a gradient
 * penalty may be made of, on every backend, by the fused kernels where there are any and by the definitions.
 */
import { TWICE_DIFFERENTIABLE_KERNELS } from "@interfuse/image-tokenizer";
import { conv2d, Generator, linear, tf, useBackend, valueAndGrads, withPortableOps } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";

type Inputs = Record<string, tf.Tensor>;
type SecondOrderCase = {
  /** Names in the list that this case stands for: kernels the forward pass calls. */
  readonly kernels: readonly string[];
  readonly shapes: Record<string, number[]>;
  readonly run: (inputs: Inputs) => tf.Tensor;
};

const convolution = (groups: number, stride: number): SecondOrderCase => ({
  kernels: groups === 1 ? ["Conv2D", "GroupedConv2d", "PadV2", "Add"] : ["SplitV", "Concat"],
  shapes: { x: [2, 5, 4, 4], weight: [3, 2, 4 / groups, 6], bias: [6] },
  run: ({ x, weight, bias }) =>
    conv2d(x as tf.Tensor4D, weight!, {
      bias,
      groups,
      strides: [stride, stride],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
});

const CASES: Record<string, SecondOrderCase> = {
  "a convolution": convolution(1, 1),
  "a convolution with stride 2": convolution(1, 2),
  "a grouped convolution": convolution(2, 2),
  "a linear map": {
    kernels: ["BatchMatMul", "Linear"],
    shapes: { x: [3, 4], weight: [5, 4], bias: [5] },
    run: ({ x, weight, bias }) => linear(x!, weight!, { bias }),
  },
  "a product of matrices": {
    kernels: ["BatchMatMul"],
    shapes: { a: [2, 3, 4], b: [2, 4, 2] },
    run: ({ a, b }) => tf.matMul(a!, b!),
  },
  relu: { kernels: ["Relu"], shapes: { x: [7] }, run: ({ x }) => tf.relu(x!) },
  "products, sums and differences with broadcasting": {
    kernels: ["Multiply", "Add", "Sub"],
    shapes: { a: [2, 3], b: [3], c: [2, 1] },
    run: ({ a, b, c }) => a!.mul(b!).add(c!).sub(a!),
  },
  "sums and means": {
    kernels: ["Sum", "Mean"],
    shapes: { x: [2, 3, 4] },
    run: ({ x }) => x!.sum([1]).add(x!.mean([1])),
  },
  "square and inverse root": {
    kernels: ["Square", "Rsqrt"],
    shapes: { x: [6] },
    run: ({ x }) => x!.square().add(0.5).rsqrt(),
  },
  "what only moves values": {
    kernels: ["Reshape", "Transpose", "Slice", "PadV2", "Concat", "SplitV", "Identity"],
    shapes: { x: [4, 3] },
    run: ({ x }) => {
      const [first, second] = tf.split(x!, 2) as [tf.Tensor2D, tf.Tensor2D];
      const moved = tf.concat([first.transpose(), second.transpose()], 1).reshape([2, 6]);
      return tf
        .pad(moved.slice([0, 1], [2, 4]), [
          [0, 0],
          [1, 1],
        ])
        .add(moved)
        .clone();
    },
  },
};

const PROBE = 1e-2;

/** Values in [-1.3, 1.3], none near 0, where relu has its kink. */
function pointOf(name: string, shapes: Record<string, number[]>): Map<string, tf.Tensor> {
  const generator = new Generator(5, name);
  return new Map(
    Object.entries(shapes).map(([key, shape]) => {
      const values = generator
        .uniformArray(tf.util.sizeFromShape(shape))
        .map((u) => (u < 0.5 ? u - 0.8 : u - 0.2) * 1.6);
      return [key, tf.tensor(values, shape)];
    }),
  );
}

/** A loss that bends in every output: sum(y²/2 + y³/6), weighted by position. */
function bendingLoss(y: tf.Tensor): tf.Scalar {
  const flat = y.flatten();
  const weights = tf.tensor1d(Array.from({ length: flat.size }, (_, i) => 0.3 + 0.1 * ((i * 7) % 5)));
  const square = flat.mul(flat);
  return square
    .mul(0.5)
    .add(square.mul(flat).mul(1 / 6))
    .mul(weights)
    .sum();
}

function gradientsAt({ run }: SecondOrderCase, point: Map<string, tf.Tensor>): Map<string, tf.Tensor> {
  const { outputs, gradients } = valueAndGrads(() => ({ loss: bendingLoss(run(Object.fromEntries(point))) }), point);
  outputs.loss.dispose();
  return gradients;
}

/** Hessian times `direction`, by differentiating the gradient's product with it. */
function hessianProduct(
  secondOrderCase: SecondOrderCase,
  point: Map<string, tf.Tensor>,
  direction: Map<string, tf.Tensor>,
) {
  const { outputs, gradients } = valueAndGrads(() => {
    const inner = valueAndGrads(
      () => ({ loss: bendingLoss(secondOrderCase.run(Object.fromEntries(point))) }),
      point,
    ).gradients;
    const products = [...inner].map(([key, gradient]) => gradient.mul(direction.get(key)!).sum());
    return { loss: tf.addN(products) };
  }, point);
  outputs.loss.dispose();
  return gradients;
}

function shifted(point: Map<string, tf.Tensor>, direction: Map<string, tf.Tensor>, amount: number) {
  return new Map([...point].map(([key, x]) => [key, tf.tidy(() => x.add(direction.get(key)!.mul(amount)))]));
}

function itHasSecondDerivatives(name: string, secondOrderCase: SecondOrderCase): void {
  it(`${name}`, async () => {
    const before = tf.memory().numTensors;
    const point = pointOf(name, secondOrderCase.shapes);
    for (let probe = 0; probe < 3; probe++) {
      const generator = new Generator(6, name).fork(probe);
      const direction = new Map(
        [...point].map(([key, { shape, size }]) => [
          key,
          tf.tensor(
            generator.uniformArray(size).map((u) => u - 0.5),
            shape,
          ),
        ]),
      );
      const exact = hessianProduct(secondOrderCase, point, direction);
      const [above, below] = [PROBE, -PROBE].map((amount) => {
        const place = shifted(point, direction, amount);
        const gradients = gradientsAt(secondOrderCase, place);
        tf.dispose([...place.values()]);
        return gradients;
      }) as [Map<string, tf.Tensor>, Map<string, tf.Tensor>];
      for (const [key, product] of exact) {
        const [values, up, down] = await Promise.all([product, above.get(key)!, below.get(key)!].map((t) => t.data()));
        const scale = Math.max(...Array.from(values!, Math.abs), 0.1);
        values!.forEach((value, i) => {
          const difference = ((up![i] as number) - (down![i] as number)) / (2 * PROBE);
          expect(Math.abs(value - difference), `${key}[${i}]`).toBeLessThan(2e-3 * scale);
        });
      }
      tf.dispose([...direction.values(), ...exact.values(), ...above.values(), ...below.values()]);
    }
    tf.dispose([...point.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });
}

/** Kernels that a case names and its forward pass does not call on the current backend. */
async function uncalledKernels(): Promise<string[]> {
  const missing: string[] = [];
  for (const [name, { kernels, shapes, run }] of Object.entries(CASES)) {
    const inputs = Object.fromEntries(pointOf(name, shapes));
    const { kernelNames } = await tf.profile(() => tf.tidy(() => run(inputs)));
    tf.dispose(inputs);
    missing.push(...kernels.filter((kernel) => !kernelNames.includes(kernel)));
  }
  return missing;
}

it("has a case for every operation on the list", () => {
  const covered = new Set(Object.values(CASES).flatMap(({ kernels }) => kernels));
  expect([...covered].sort()).toEqual([...TWICE_DIFFERENTIABLE_KERNELS].sort());
});

describe("on wasm", () => {
  beforeAll(async () => {
    await useBackend({ backend: "wasm" });
  });
  it("calls what the cases name", async () => {
    expect(await uncalledKernels()).toEqual(["GroupedConv2d", "GroupedConv2d", "Linear"]);
  });
  for (const [name, secondOrderCase] of Object.entries(CASES)) itHasSecondDerivatives(name, secondOrderCase);
});

const unavailable = await torchUnavailable();

describe.skipIf(unavailable !== undefined)("on torch", () => {
  beforeAll(async () => {
    await useBackend({ backend: "torch", precision: "f32", threads: 1 });
  });
  it("calls what the cases name", async () => {
    const fused = await uncalledKernels();
    expect(fused).not.toContain("GroupedConv2d");
    expect(fused).not.toContain("Linear");
  });
  for (const [name, secondOrderCase] of Object.entries(CASES)) {
    itHasSecondDerivatives(name, secondOrderCase);
    const { run } = secondOrderCase;
    itHasSecondDerivatives(`${name}, by its definition`, {
      ...secondOrderCase,
      run: (inputs) => withPortableOps(() => run(inputs)),
    });
  }
});
