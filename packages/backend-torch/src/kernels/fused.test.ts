import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { setTorchPrecision, type TorchPrecision } from "../register.ts";
import { largestError, numbers, useTorch } from "../testing.ts";
import { attentionGradReference, attentionReference } from "./attention-reference.ts";

// Every fused kernel against plain loops over JavaScript numbers, in both precisions.

beforeAll(useTorch);
afterEach(() => setTorchPrecision("f32"));

const PRECISIONS: readonly TorchPrecision[] = ["f32", "bf16"];
const TOLERANCE = { f32: 3e-5, bf16: 3e-2 };

/** Inputs that bfloat16 holds exactly, so that only what the kernel itself rounds is compared. */
function rounded(size: number, seed: number): Float32Array {
  return numbers(size, { seed }).map((x) => Math.round(x * 64) / 64);
}

function kernel(name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  return [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat() as tf.Tensor[];
}

function values(tensor: tf.Tensor | undefined): number[] {
  return Array.from(tensor?.dataSync() ?? []);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const at = (array: ArrayLike<number>, index: number): number => array[index] as number;

for (const precision of PRECISIONS) {
  describe(precision, () => {
    const close = (actual: tf.Tensor | undefined, expected: ArrayLike<number>): void => {
      expect(largestError(values(actual), expected)).toBeLessThan(TOLERANCE[precision]);
    };
    const inTidy = (body: () => void) => () => {
      setTorchPrecision(precision);
      tf.tidy(body);
    };

    test.each([
      [1, 1, 1],
      [3, 7, 65],
      [97, 50, 140],
      [4501, 13, 150],
    ])("the weight's gradient over %i rows, %i outputs and %i inputs", (L, O, I) =>
      inTidy(() => {
        const [dy, x] = [tf.tensor2d(rounded(L * O, 1), [L, O]), tf.tensor2d(rounded(L * I, 2), [L, I])];
        const [dw] = kernel("LinearGradWeight", { dy, x });
        close(dw, values(tf.matMul(dy, x, true)));
      })(),
    );

    // 1,100 rows are a whole unit and three pieces.
    test.each([1, 9, 1100])("Linear and its gradients, %i rows", (L) =>
      inTidy(() => {
        const [I, O] = [20, 13];
        const x = rounded(L * I, 1);
        const w = rounded(O * I, 2);
        const b = rounded(O, 3);
        const dy = rounded(L * O, 4);
        const [xT, wT, dyT] = [tf.tensor(x, [L, I]), tf.tensor(w, [O, I]), tf.tensor(dy, [L, O])];
        const y = Array.from({ length: L * O }, (_, j) =>
          x
            .subarray(Math.floor(j / O) * I, Math.floor(j / O) * I + I)
            .reduce((s, v, i) => s + v * at(w, (j % O) * I + i), at(b, j % O)),
        );
        close(kernel("Linear", { x: xT, weight: wT, bias: tf.tensor(b) })[0], y);
        const plain = kernel("Linear", { x: xT, weight: wT }, { float32Output: true })[0];
        close(
          plain,
          y.map((v, j) => v - at(b, j % O)),
        );
        close(
          kernel("LinearGradInput", { dy: dyT, weight: wT })[0],
          Array.from({ length: L * I }, (_, j) =>
            Array.from({ length: O }, (_, o) => at(dy, Math.floor(j / I) * O + o) * at(w, o * I + (j % I))).reduce(
              (s, v) => s + v,
            ),
          ),
        );
        close(
          kernel("LinearGradWeight", { dy: dyT, x: xT })[0],
          Array.from({ length: O * I }, (_, j) =>
            Array.from({ length: L }, (_, l) => at(dy, l * O + Math.floor(j / I)) * at(x, l * I + (j % I))).reduce(
              (s, v) => s + v,
            ),
          ),
        );
        close(
          kernel("LinearGradBias", { dy: dyT })[0],
          Array.from({ length: O }, (_, o) =>
            Array.from({ length: L }, (_, l) => at(dy, l * O + o)).reduce((s, v) => s + v),
          ),
        );
      })(),
    );

    test(
      "a NaN that is seen comes out as NaN, and only there",
      inTidy(() => {
        const spoilt = (rows: number, columns: number, place: number): tf.Tensor => {
          const all = rounded(rows * columns, 1);
          all[place] = Number.NaN;
          return tf.tensor(all, [rows, columns]);
        };
        const rowsWithNaN = (result: tf.Tensor | undefined): number[] => {
          const all = (result as tf.Tensor).reshape([(result as tf.Tensor).shape[0] as number, -1]).arraySync();
          return (all as number[][]).flatMap((row, index) => (row.some(Number.isNaN) ? [index] : []));
        };
        const x = spoilt(3, 40, 47);
        expect(rowsWithNaN(kernel("Linear", { x, weight: tf.ones([5, 40]) })[0])).toEqual([1]);
        expect(rowsWithNaN(kernel("RmsNorm", { x, weight: tf.ones([40]) }, { epsilon: 1e-3 })[0])).toEqual([1]);
        expect(rowsWithNaN(kernel("SwiGlu", { x })[0])).toEqual([1]);
        const targets = tf.tensor1d([0, 1, 2], "int32");
        const [loss, logSumExp] = kernel("CrossEntropy", { logits: x, targets }) as [tf.Tensor, tf.Tensor];
        expect(rowsWithNaN(loss)).toEqual([1]);
        const gradient = kernel("CrossEntropyGrad", { dy: tf.ones([3]), logits: x, targets, logSumExp });
        expect(rowsWithNaN(gradient[0])).toEqual([1]);
        // Query 0 does not see key 1.
        const [query, key] = [tf.ones([3, 1, 40]), x.reshape([3, 1, 40])];
        const keyRanges = Int32Array.of(0, 1, 2, 3, 0, 2, 0, 0, 0, 3, 0, 0);
        const attended = kernel("Attention", { query, key, value: query }, { keyRanges, scale: 1 });
        expect(rowsWithNaN(attended[0])).toEqual([1, 2]);
      }),
    );

    test(
      "RmsNorm and its gradient, also on a slice of a wider tensor",
      inTidy(() => {
        const [rows, D, epsilon] = [7, 37, 1e-3];
        const wide = tf.tensor(rounded(rows * 2 * D, 1), [rows, 2 * D]);
        const x = tf.split(wide, 2, 1)[1] as tf.Tensor;
        const w = rounded(D, 2);
        const dy = rounded(rows * D, 3);
        const xs = values(x);
        const inverse = Array.from(
          { length: rows },
          (_, r) => 1 / Math.sqrt(xs.slice(r * D, r * D + D).reduce((s, v) => s + v * v, 0) / D + epsilon),
        );
        const [y, inverseRms] = kernel("RmsNorm", { x, weight: tf.tensor(w) }, { epsilon });
        close(
          y,
          xs.map((v, i) => v * at(inverse, Math.floor(i / D)) * at(w, i % D)),
        );
        close(inverseRms, inverse);
        const [dx, dw] = kernel("RmsNormGrad", {
          dy: tf.tensor(dy, [rows, D]),
          x,
          weight: tf.tensor(w),
          inverseRms: inverseRms as tf.Tensor,
        });
        const dot = Array.from({ length: rows }, (_, r) =>
          Array.from({ length: D }, (_, d) => at(dy, r * D + d) * at(w, d) * at(xs, r * D + d)).reduce((s, v) => s + v),
        );
        close(
          dx,
          xs.map(
            (v, i) =>
              at(inverse, Math.floor(i / D)) *
              (at(dy, i) * at(w, i % D) - (v * at(dot, Math.floor(i / D)) * at(inverse, Math.floor(i / D)) ** 2) / D),
          ),
        );
        close(
          dw,
          Array.from({ length: D }, (_, d) =>
            Array.from({ length: rows }, (_, r) => at(dy, r * D + d) * at(xs, r * D + d) * at(inverse, r)).reduce(
              (s, v) => s + v,
            ),
          ),
        );
      }),
    );

    test(
      "RotaryEmbedding turns and turns back",
      inTidy(() => {
        const [L, H, K] = [5, 3, 12];
        const x = rounded(L * H * K, 1);
        const angles = numbers(L * (K / 2), { seed: 2, low: 0, high: 6 });
        const table = Float32Array.from({ length: L * K }, (_, i) => {
          const angle = at(angles, Math.floor(i / K) * (K / 2) + (i % (K / 2)));
          return i % K < K / 2 ? Math.cos(angle) : Math.sin(angle);
        });
        const expected = Array.from(x, (v, i) => {
          const [row, k] = [Math.floor(i / K), i % K];
          const [cos, sin] = [
            at(table, Math.floor(row / H) * K + (k % (K / 2))),
            at(table, Math.floor(row / H) * K + K / 2 + (k % (K / 2))),
          ];
          return k < K / 2 ? v * cos - at(x, i + K / 2) * sin : v * cos + at(x, i - K / 2) * sin;
        });
        const tableT = tf.tensor(table, [L, K]);
        const [y] = kernel(
          "RotaryEmbedding",
          { x: tf.tensor(x, [L, H, K]), table: tableT },
          { inverse: false, numHeads: H },
        );
        close(y, expected);
        close(kernel("RotaryEmbedding", { x: y as tf.Tensor, table: tableT }, { inverse: true, numHeads: H })[0], x);
      }),
    );

    test(
      "SwiGlu and its gradient",
      inTidy(() => {
        const [L, F] = [5, 21];
        const x = rounded(L * 2 * F, 1).map((v) => 4 * v);
        const dy = rounded(L * F, 2);
        const gate = (i: number): number => at(x, Math.floor(i / F) * 2 * F + (i % F));
        const up = (i: number): number => at(x, Math.floor(i / F) * 2 * F + F + (i % F));
        const xT = tf.tensor(x, [L, 2 * F]);
        close(
          kernel("SwiGlu", { x: xT })[0],
          Array.from(dy, (_, i) => gate(i) * sigmoid(gate(i)) * up(i)),
        );
        close(
          kernel("SwiGluGrad", { dy: tf.tensor(dy, [L, F]), x: xT })[0],
          Array.from(x, (_, j) => {
            const i = Math.floor(j / (2 * F)) * F + (j % F);
            const s = sigmoid(gate(i));
            return j % (2 * F) < F ? at(dy, i) * up(i) * s * (1 + gate(i) * (1 - s)) : at(dy, i) * gate(i) * s;
          }),
        );
      }),
    );

    test(
      "Embedding and CrossEntropy with their gradients",
      inTidy(() => {
        const [V, D] = [19, 6];
        const w = rounded(V * D, 1);
        const ids = [3, 0, 18, 3];
        const idsT = tf.tensor(ids, [4], "int32");
        close(
          kernel("Embedding", { weight: tf.tensor(w, [V, D]), ids: idsT })[0],
          ids.flatMap((id) => Array.from(w.subarray(id * D, id * D + D))),
        );
        const dy = rounded(4 * D, 2);
        const dw = new Float32Array(V * D);
        for (const [row, id] of ids.entries())
          for (let d = 0; d < D; d++) dw[id * D + d] = at(dw, id * D + d) + at(dy, row * D + d);
        close(kernel("EmbeddingGrad", { dy: tf.tensor(dy, [4, D]), ids: idsT }, { vocabSize: V })[0], dw);

        const logits = rounded(4 * V, 3).map((v) => 5 * v);
        const targets = [2, -1, 18, 0];
        const lse = Array.from({ length: 4 }, (_, r) =>
          Math.log(logits.subarray(r * V, r * V + V).reduce((s, v) => s + Math.exp(v), 0)),
        );
        const inputs = { logits: tf.tensor(logits, [4, V]), targets: tf.tensor(targets, [4], "int32") };
        const [loss, logSumExp] = kernel("CrossEntropy", inputs);
        close(
          loss,
          targets.map((t, r) => (t < 0 ? 0 : at(lse, r) - at(logits, r * V + t))),
        );
        const scale = [1, 2, 0.5, -1];
        close(
          kernel("CrossEntropyGrad", { ...inputs, dy: tf.tensor(scale), logSumExp: logSumExp as tf.Tensor })[0],
          Array.from(logits, (v, i) => {
            const r = Math.floor(i / V);
            return at(targets, r) < 0 ? 0 : at(scale, r) * (Math.exp(v - at(lse, r)) - (i % V === targets[r] ? 1 : 0));
          }),
        );
      }),
    );

    for (const sizes of [
      { N: 2, G: 2, S: 330 },
      { N: 4, G: 2, S: 330 },
      { N: 4, G: 2, S: 150 },
    ]) {
      test(
        `Attention and its gradient, ${sizes.N} query and ${sizes.G} key heads, ${sizes.S} keys`,
        inTidy(() => {
          const shape = { L: 150, K: 20, ...sizes };
          const { L, S, N, G, K } = shape;
          const keyRanges = exampleRanges(L, S);
          const [query, key, value, dy] = [
            rounded(L * N * K, 1),
            rounded(S * G * K, 2),
            rounded(S * G * K, 3),
            rounded(L * N * K, 4),
          ] as const;
          const scale = 0.7;
          const inputs = {
            query: tf.tensor(query, [L, N, K]),
            key: tf.tensor(key, [S, G, K]),
            value: tf.tensor(value, [S, G, K]),
          };
          const expected = attentionReference({ query, key, value }, { ...shape, keyRanges, scale });
          const [output, logSumExp] = kernel("Attention", inputs, { keyRanges, scale }) as [tf.Tensor, tf.Tensor];
          close(output, expected.output);
          close(logSumExp, expected.logSumExp);
          const gradients = kernel(
            "AttentionGrad",
            { ...inputs, dy: tf.tensor(dy, [L, N, K]), output, logSumExp },
            { keyRanges, scale },
          );
          const reference = attentionGradReference({ query, key, value }, dy, { ...shape, keyRanges, scale });
          for (const [i, name] of (["query", "key", "value"] as const).entries()) close(gradients[i], reference[name]);
        }),
      );
    }

    test(
      "GroupNorm with SiLU and its gradient equal TensorFlow.js ops",
      inTidy(() => {
        const [B, H, W, C, groups, epsilon] = [2, 3, 5, 20, 4, 1e-3];
        const compute = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => {
          const grouped = tf.reshape(x, [B, H * W, groups, C / groups]);
          const { mean, variance } = tf.moments(grouped, [1, 3], true);
          const z = tf.add(
            tf.mul(tf.reshape(tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon))), [B, H, W, C]), w),
            b,
          );
          return tf.mul(z, tf.sigmoid(z));
        };
        const x = tf.tensor(rounded(B * H * W * C, 1), [B, H, W, C]);
        const [weight, bias, dy] = [
          tf.tensor(rounded(C, 2)),
          tf.tensor(rounded(C, 3)),
          tf.tensor(rounded(B * H * W * C, 4), [B, H, W, C]),
        ];
        const attrs = { groups, epsilon, activation: "silu" };
        const [y, mean, inverseStd] = kernel("GroupNorm", { x, weight, bias }, attrs) as [
          tf.Tensor,
          tf.Tensor,
          tf.Tensor,
        ];
        close(y, values(compute(x, weight, bias)));
        const expected = tf.grads(
          (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(compute(x, w, b), dy)) as tf.Scalar,
        )([x, weight, bias]);
        const actual = kernel("GroupNormGrad", { dy, x, weight, bias, mean, inverseStd }, attrs);
        for (const [i, gradient] of expected.entries()) close(actual[i], values(gradient));
      }),
    );

    test(
      "GroupNorm with SiLU where e^-z is 0 or beyond every float",
      inTidy(() => {
        const [C, scale, epsilon] = [16, 128, 1e-6];
        const signs = Array.from({ length: 2 * C }, (_, i) => (i < C ? 1 : -1));
        const inputs = { x: tf.tensor(signs, [1, 1, 2, C]), weight: tf.fill([C], scale), bias: tf.zeros([C]) };
        const attrs = { groups: 1, epsilon, activation: "silu" };
        const large = scale / Math.sqrt(1 + epsilon);
        close(
          kernel("GroupNorm", inputs, attrs)[0],
          signs.map((sign) => (sign > 0 ? large : 0)),
        );
        const unknown = { ...inputs, x: tf.fill([1, 1, 2, C], Number.NaN) };
        expect(values(kernel("GroupNorm", unknown, attrs)[0]).every(Number.isNaN)).toBe(true);
      }),
    );

    test(
      "GroupedConv2d and its gradients equal one convolution per group",
      inTidy(() => {
        const [B, H, W, C, O, groups] = [2, 5, 6, 4, 6, 2];
        const x = tf.tensor(rounded(B * H * W * C, 1), [B, H, W, C]);
        const weight = tf.tensor(rounded(9 * (C / groups) * O, 2), [3, 3, C / groups, O]);
        const padding = [
          [1, 0],
          [2, 1],
        ] as const;
        const attrs = { strides: [1, 2], padding, groups };
        const compute = (x: tf.Tensor, w: tf.Tensor): tf.Tensor => {
          const padded = tf.pad(x, [
            [0, 0],
            [1, 0],
            [2, 1],
            [0, 0],
          ]);
          const weights = tf.split(w, groups, 3) as tf.Tensor4D[];
          return tf.concat(
            tf
              .split(padded, groups, 3)
              .map((part, g) => tf.conv2d(part as tf.Tensor4D, weights[g] as tf.Tensor4D, [1, 2], "valid")),
            3,
          );
        };
        const [y] = kernel("GroupedConv2d", { x, weight }, attrs) as [tf.Tensor];
        close(y, values(compute(x, weight)));
        const dy = tf.tensor(rounded(y.size, 3), y.shape);
        const [dx, dw] = tf.grads((x: tf.Tensor, w: tf.Tensor) => tf.sum(tf.mul(compute(x, w), dy)) as tf.Scalar)([
          x,
          weight,
        ]);
        close(kernel("GroupedConv2dGradInput", { dy, weight }, { ...attrs, inputShape: x.shape })[0], values(dx));
        close(kernel("GroupedConv2dGradWeight", { dy, x }, { ...attrs, weightShape: weight.shape })[0], values(dw));
      }),
    );
  });
}

/** Documents with causal text and a bidirectional block, rows with two ranges, rows that see nothing, keys nobody sees. */
function exampleRanges(L: number, S: number): Int32Array {
  const ranges = new Int32Array(4 * L);
  for (let i = 0; i < L; i++) {
    if (i % 11 === 5) continue;
    if (i < 60) ranges.set([0, i + 1, 0, 0], 4 * i);
    else if (i < 90) ranges.set([60, 90, 0, 0], 4 * i);
    else if (i < 120) ranges.set([10, 40, 90, i + 1], 4 * i);
    else ranges.set([20, S - 30, S - 7, S], 4 * i);
  }
  return ranges;
}
