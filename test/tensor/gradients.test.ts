import {
  checkpoint,
  Generator,
  gradientsSoFar,
  linear,
  rmsNorm,
  swiglu,
  tf,
  useBackend,
  valueAndGrads,
  withoutGradients,
} from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../ops/helpers.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const generator = new Generator(3, "gradients");
const numTensors = (): number => tf.memory().numTensors;

function variable(...shape: number[]): tf.Variable {
  const initial = tf.tensor(generator.normalArray(tf.util.sizeFromShape(shape)), shape);
  const created = tf.variable(initial);
  initial.dispose();
  return created;
}

/** A chain of gated blocks with residuals: `numBlocks` times x + down(swiglu(up(norm(x)))). */
function makeChain(numBlocks: number) {
  const parameters = new Map<string, tf.Variable>();
  for (let i = 0; i < numBlocks; i++) {
    parameters.set(`${i}.norm`, variable(8));
    parameters.set(`${i}.up`, variable(16, 8));
    parameters.set(`${i}.down`, variable(8, 8));
  }
  const block = (i: number, x: tf.Tensor2D): tf.Tensor2D => {
    const normed = rmsNorm(x, parameters.get(`${i}.norm`)!, { epsilon: 1e-5 });
    return x.add(linear(swiglu(linear(normed, parameters.get(`${i}.up`)!)), parameters.get(`${i}.down`)!));
  };
  const blockParameters = (i: number): Map<string, tf.Variable> =>
    new Map([...parameters].filter(([name]) => name.startsWith(`${i}.`)));
  const dispose = (): void => tf.dispose([...parameters.values()]);
  return { parameters, block, blockParameters, numBlocks, dispose };
}

function chainLoss({ block, numBlocks }: ReturnType<typeof makeChain>, x: tf.Tensor2D): tf.Scalar {
  let hidden = x;
  for (let i = 0; i < numBlocks; i++) hidden = block(i, hidden);
  return hidden.square().mean();
}

describe("valueAndGrads", () => {
  it("leaves exactly the outputs and the gradients behind", () => {
    const chain = makeChain(3);
    const x = variable(4, 8) as tf.Variable<tf.Rank.R2>;
    const before = numTensors();
    const { outputs, gradients } = valueAndGrads(() => {
      const loss = chainLoss(chain, x);
      return { loss, nested: { twice: loss.mul(2) }, constants: [tf.scalar(3)], x };
    }, chain.parameters);
    expect(numTensors()).toBe(before + 3 + gradients.size);
    tf.dispose([outputs.loss, outputs.nested, outputs.constants, ...gradients.values()]);
    expect(numTensors()).toBe(before);
    chain.dispose();
    x.dispose();
  });

  it("frees as the sweep goes: the tensor count falls block by block in a chain of 12", () => {
    const chain = makeChain(12);
    const x = variable(4, 8) as tf.Variable<tf.Rank.R2>;
    const before = numTensors();
    const counts: number[] = [];
    const { outputs } = valueAndGrads(
      () => {
        const loss = chainLoss(chain, x);
        counts.push(numTensors() - before);
        return { loss };
      },
      chain.parameters,
      {
        onGradient: (name, gradient) => {
          gradient.dispose();
          if (name.endsWith("norm")) counts.push(numTensors() - before);
        },
      },
    );
    expect(counts).toHaveLength(13);
    const [atStart, ...perBlock] = counts as [number, ...number[]];
    for (const [i, count] of perBlock.entries()) expect(count).toBeLessThan(counts[i]!);
    // Even steps down to a handful: nothing waits for the end.
    expect(perBlock[5]!).toBeLessThan(0.6 * atStart);
    expect(perBlock.at(-1)!).toBeLessThan(0.12 * atStart);
    outputs.loss.dispose();
    expect(numTensors()).toBe(before);
    chain.dispose();
    x.dispose();
  });

  it("calls back once per parameter, last used first, and hands over ownership", () => {
    const chain = makeChain(3);
    const x = variable(4, 8) as tf.Variable<tf.Rank.R2>;
    const before = numTensors();
    const sums = new Map<string, tf.Tensor>();
    const { outputs, gradients } = valueAndGrads(() => ({ loss: chainLoss(chain, x) }), chain.parameters, {
      onGradient: (name, gradient) => {
        sums.set(name, gradient.mul(2));
        gradient.dispose();
      },
    });
    expect(gradients.size).toBe(0);
    expect([...sums.keys()].map((name) => name[0])).toEqual([..."222111000"]);
    expect(outputs.loss.isDisposed).toBe(false);
    expect(numTensors()).toBe(before + 1 + 9);
    tf.dispose([outputs.loss, ...sums.values()]);
    chain.dispose();
    x.dispose();
  });

  it("keeps what gradients need, whatever becomes of the tensors, and without an operation each", async () => {
    const x = tf.variable(tf.tensor1d([1, 2, 3]));
    const later = tf.tensor1d([7, 7, 7]);
    const before = numTensors();
    const operations: string[] = [];
    const engine = tf.engine();
    const runKernel = engine.runKernel.bind(engine);
    engine.runKernel = ((name: string, ...rest: [tf.NamedTensorMap, tf.NamedAttrMap]) => {
      operations.push(name);
      return runKernel(name, ...rest);
    }) as typeof engine.runKernel;
    try {
      const { outputs, gradients } = valueAndGrads(
        () => {
          const square = x.square();
          const fourth = square.mul(square);
          square.dispose();
          x.assign(later);
          expect(operations).toEqual(["Square", "Multiply"]);
          return { loss: fourth.sum() };
        },
        new Map([["x", x as tf.Variable]]),
      );
      expectClose(await gradients.get("x")!.data(), [4, 32, 108], 1e-6);
      tf.dispose([outputs.loss, ...gradients.values()]);
    } finally {
      engine.runKernel = runKernel;
    }
    expect(numTensors()).toBe(before);
    tf.dispose([x, later]);
  });

  it("gives zeros for a parameter out of reach, and each name of a shared one its gradient", async () => {
    const used = variable(2);
    const unused = variable(3);
    const { outputs, gradients } = valueAndGrads(
      () => ({ loss: used.square().sum() }),
      new Map([
        ["used", used],
        ["unused", unused],
        ["tied", used],
      ]),
    );
    expectClose(await gradients.get("unused")!.data(), [0, 0, 0], 0);
    const expected = (await used.data()).map((value) => 2 * value);
    expectClose(await gradients.get("used")!.data(), expected, 1e-6);
    expectClose(await gradients.get("tied")!.data(), expected, 1e-6);
    tf.dispose([outputs.loss, used, unused, ...gradients.values()]);
  });

  it("adds up the gradient of a tensor used many times, and of outputs used in part", async () => {
    const x = variable(6);
    const before = numTensors();
    const f = (): tf.Scalar => {
      const [first] = tf.split(x, 3) as tf.Tensor[];
      return tf
        .addN([x, x, x.mul(x)])
        .sum()
        .add(first!.sum())
        .add(tf.concat([x, x]).square().sum());
    };
    const { outputs, gradients } = valueAndGrads(() => ({ loss: f() }), new Map([["x", x]]));
    const theirs = tf.variableGrads(f, [x]);
    expectClose(await gradients.get("x")!.data(), await theirs.grads[x.name]!.data(), 1e-6);
    tf.dispose([theirs.value, theirs.grads, outputs.loss, ...gradients.values()]);
    expect(numTensors()).toBe(before);
    x.dispose();
  });

  it("copes with gradient functions that hand back what is not theirs", async () => {
    const x = variable(2);
    const constant = tf.tensor1d([5, 6]);
    const before = numTensors();
    const odd = tf.customGrad((a, b) => {
      const first = a as tf.Tensor;
      return { value: first.add(b as tf.Tensor), gradFunc: (dy) => [dy, constant] };
    });
    const { outputs, gradients } = valueAndGrads(() => ({ loss: odd(x, x.mul(2)).sum() }), new Map([["x", x]]));
    expectClose(await gradients.get("x")!.data(), [11, 13], 1e-6);
    expect(constant.isDisposed).toBe(false);
    tf.dispose([outputs.loss, ...gradients.values()]);
    expect(numTensors()).toBe(before);
    tf.dispose([x, constant]);
  });

  it("runs inside a custom gradient", async () => {
    const x = variable(3);
    const cube = tf.customGrad((input, save) => {
      const a = input as tf.Tensor;
      (save as tf.GradSaveFunc)([a]);
      return {
        value: a.pow(3),
        gradFunc: (dy, [saved]) => {
          const inner = valueAndGrads(() => ({ loss: saved!.pow(3).sum() }), new Map([["a", saved!]]));
          return dy.mul(inner.gradients.get("a")!);
        },
      };
    });
    const before = numTensors();
    const { outputs, gradients } = valueAndGrads(() => ({ loss: cube(x).sum() }), new Map([["x", x]]));
    const expected = Array.from(await x.data(), (value) => 3 * value ** 2);
    expectClose(await gradients.get("x")!.data(), expected, 1e-5);
    tf.dispose([outputs.loss, ...gradients.values()]);
    const stock = tf.tidy(() => tf.grad((input) => cube(input).sum())(x));
    expectClose(await stock.data(), expected, 1e-5);
    stock.dispose();
    expect(numTensors()).toBe(before);
    x.dispose();
  });

  it("gives gradients of gradients of plain operations", async () => {
    const x = variable(3);
    const before = numTensors();
    const { outputs, gradients } = valueAndGrads(
      () => {
        const inner = valueAndGrads(() => ({ loss: x.mul(x).mul(x).sum() }), new Map([["x", x]]));
        return { loss: inner.gradients.get("x")!.square().sum() };
      },
      new Map([["x", x]]),
    );
    // The loss is sum((3x²)²) = sum(9x⁴).
    expectClose(
      await gradients.get("x")!.data(),
      Array.from(await x.data(), (value) => 36 * value ** 3),
      1e-5,
    );
    tf.dispose([outputs.loss, ...gradients.values()]);
    expect(numTensors()).toBe(before);
    x.dispose();
  });

  it("passes on values that are not finite", async () => {
    const x = tf.variable(tf.tensor1d([0]));
    const { outputs, gradients } = valueAndGrads(() => ({ loss: x.log().sum() }), new Map([["x", x]]));
    expect((await outputs.loss.data())[0]).toBe(Number.NEGATIVE_INFINITY);
    expect((await gradients.get("x")!.data())[0]).toBe(Number.POSITIVE_INFINITY);
    tf.dispose([outputs.loss, x, ...gradients.values()]);
  });

  it.each<[string, (x: tf.Variable) => tf.Tensor, RegExp]>([
    ["a loss that is not a scalar", (x) => x.mul(2), /loss \(float32 of shape \[3\]\) must be a float32 scalar/],
    ["an integer loss", (x) => x.sum().toInt(), /loss \(int32 of shape \[\]\) must be/],
    ["a loss out of reach of every parameter", () => tf.scalar(1), /depends on none of the 1 parameters/],
    ["an operation without a gradient", (x) => x.mul(1).topk(1).values.sum(), /TopK has no gradient/],
    ["an integer path", (x) => x.gather(x.toInt()).sum(), /gradient/],
    ["an error in f", (x) => x.mul(2).reshape([7]), /must match the product/],
  ])("refuses %s and frees everything", (_, loss, message) => {
    const x = tf.variable(tf.tensor1d([0, 1, 2]));
    const before = numTensors();
    expect(() => valueAndGrads(() => ({ loss: loss(x), extra: x.mul(3) }), new Map([["x", x]]))).toThrow(message);
    expect(numTensors()).toBe(before);
    const { outputs, gradients } = valueAndGrads(() => ({ loss: x.sum() }), new Map([["x", x]]));
    tf.dispose([outputs.loss, ...gradients.values(), x]);
  });
});

describe("checkpoint", () => {
  const run = async (chain: ReturnType<typeof makeChain>, x: tf.Variable, useCheckpoints: boolean) => {
    let peak = 0;
    const { outputs, gradients } = valueAndGrads(
      () => {
        let hidden = x.mul(1) as tf.Tensor2D;
        for (let i = 0; i < chain.numBlocks; i++) {
          const f = (input: tf.Tensor): tf.Tensor2D => chain.block(i, input as tf.Tensor2D);
          hidden = useCheckpoints ? checkpoint(f, [hidden], chain.blockParameters(i)) : f(hidden);
        }
        peak = numTensors();
        return { loss: hidden.square().mean() };
      },
      new Map([...chain.parameters, ["x", x]]),
    );
    const values = new Map<string, Float32Array>();
    for (const [name, gradient] of gradients) values.set(name, (await gradient.data()) as Float32Array);
    tf.dispose([outputs.loss, ...gradients.values()]);
    return { values, peak };
  };

  it("gives equal gradients for inputs and parameters, with fewer tensors alive, and leaks nothing", async () => {
    const chain = makeChain(6);
    const x = variable(4, 8);
    const before = numTensors();
    const plain = await run(chain, x, false);
    const checkpointed = await run(chain, x, true);
    expect(numTensors()).toBe(before);
    for (const [name, gradient] of plain.values) expectClose(checkpointed.values.get(name)!, gradient, 1e-6);
    expect(checkpointed.peak - before).toBeLessThan(0.75 * (plain.peak - before));
    chain.dispose();
    x.dispose();
  });

  it("is f itself when nothing is recorded", async () => {
    const x = variable(2);
    const before = numTensors();
    const y = checkpoint((input) => input.mul(2).add(1), [x], new Map());
    expect(numTensors()).toBe(before + 1);
    expectClose(
      await y.data(),
      Array.from(await x.data(), (value) => 2 * value + 1),
      1e-6,
    );
    tf.dispose([x, y]);
  });

  it("refuses to be differentiated twice", () => {
    const x = variable(2);
    const before = numTensors();
    const inner = (): tf.Scalar => {
      const { gradients } = valueAndGrads(
        () => ({ loss: checkpoint((input) => input.pow(3), [x], new Map()).sum() }),
        new Map([["x", x]]),
      );
      return gradients.get("x")!.sum();
    };
    expect(() => valueAndGrads(() => ({ loss: inner() }), new Map([["x", x]]))).toThrow(/checkpoint: .* twice/);
    expect(numTensors()).toBe(before);
    x.dispose();
  });
});

describe("gradientsSoFar", () => {
  it("gives constants in the middle of a function, and leaves its gradients alone", async () => {
    const chain = makeChain(3);
    const x = variable(4, 8) as tf.Variable<tf.Rank.R2>;
    const last = chain.parameters.get("2.down")!;
    const before = numTensors();
    const lossOf = () => chainLoss(chain, x);
    const plain = valueAndGrads(() => ({ loss: lossOf() }), chain.parameters);
    const { outputs, gradients } = valueAndGrads(() => {
      const loss = lossOf();
      const [early] = gradientsSoFar(loss, [last]);
      return { loss: loss.mul(early!.square().sum()), early };
    }, chain.parameters);
    const expected = Array.from(await plain.gradients.get("2.down")!.data());
    expectClose(await outputs.early!.data(), expected, 1e-6);
    // The weight is a constant: the gradients are the plain ones times it.
    const weight = expected.reduce((sum, value) => sum + value * value, 0);
    for (const [name, gradient] of gradients) {
      const scaled = (await plain.gradients.get(name)!.data()).map((value) => value * weight);
      expectClose(await gradient.data(), scaled, 1e-5);
    }
    tf.dispose([outputs, plain.outputs, ...gradients.values(), ...plain.gradients.values()]);
    expect(numTensors()).toBe(before);
    tf.dispose(x);
    chain.dispose();
  });

  it("refuses what it cannot do, and frees everything", () => {
    const x = variable(3);
    const other = variable(3);
    const before = numTensors();
    expect(() => gradientsSoFar(tf.scalar(1), [x])).toThrow(/nothing is being recorded/);
    const inside = (f: (loss: tf.Scalar) => unknown) => () =>
      valueAndGrads(
        () => {
          const loss = x.square().sum<tf.Scalar>();
          f(loss);
          return { loss };
        },
        new Map([["x", x]]),
      );
    expect(inside((loss) => gradientsSoFar(loss, [other]))).toThrow(/does not depend on source 0 \(shape \[3\]\)/);
    expect(inside(() => gradientsSoFar(x as unknown as tf.Scalar, [x]))).toThrow(/must be a float32 scalar/);
    expect(numTensors()).toBe(before + 1);
    tf.dispose([x, other]);
  });
});

describe("withoutGradients", () => {
  it("makes a constant, keeping nothing of how it was computed", async () => {
    const x = variable(3);
    const before = numTensors();
    const { outputs, gradients } = valueAndGrads(
      () => {
        const start = numTensors();
        const constant = withoutGradients(() => x.square().mul(2).add(1));
        expect(numTensors()).toBe(start + 1);
        return { loss: x.mul(constant).sum(), constant };
      },
      new Map([["x", x]]),
    );
    expectClose(await gradients.get("x")!.data(), await outputs.constant.data(), 1e-6);
    tf.dispose([outputs, ...gradients.values()]);
    expect(numTensors()).toBe(before);
    x.dispose();
  });
});
