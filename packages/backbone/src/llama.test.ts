/** The backbone against a Llama decoder written from the paper's formulas in plain JavaScript, sharing no code with it. */
// L tokens, D model dim, N query heads, G key/value heads, K head dim
import { Generator, initNormal, tf, useBackend } from "@interfuse/tensor";
import { expect, it } from "vitest";
import { Backbone } from "./backbone.ts";
import type { BackboneConfig } from "./config.ts";

type Weights = (name: string) => { row(index: number): Float64Array; readonly numRows: number };

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

function matrixTimes(weight: ReturnType<Weights>, x: Float64Array): Float64Array {
  return Float64Array.from({ length: weight.numRows }, (_, output) => dot(weight.row(output), x));
}

function normalise(x: Float64Array, gain: Float64Array, epsilon: number): Float64Array {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return x.map((value, i) => value * scale * (gain[i] ?? NaN));
}

/** Llama's "rotate half": component i turns with component i + K/2 by position * base^(-2i/K). */
function rotate(head: Float64Array, position: number, base: number): Float64Array {
  const half = head.length / 2;
  return head.map((value, i) => {
    const angle = position * base ** ((-2 * (i % half)) / head.length);
    const partner = i < half ? -(head[i + half] ?? NaN) : (head[i - half] ?? NaN);
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function plainLlama(config: BackboneConfig, weights: Weights, embeddings: Float64Array[]): Float64Array[] {
  const { numLayers, numHeads, numKvHeads, headDim, mlpDim, ropeBase, normEpsilon } = config;
  let stream = embeddings;
  for (let layer = 0; layer < numLayers; layer++) {
    const of = (name: string) => weights(`layers.${layer}.${name}.weight`);
    const fused = stream.map((x) =>
      matrixTimes(of("attention.query_key_value"), normalise(x, of("attention_norm").row(0), normEpsilon)),
    );
    const head = (token: number, index: number) =>
      (fused[token] as Float64Array).slice(index * headDim, (index + 1) * headDim);
    stream = stream.map((x, token) => {
      const mixed = new Float64Array(numHeads * headDim);
      for (let n = 0; n < numHeads; n++) {
        const g = Math.floor((n * numKvHeads) / numHeads);
        const query = rotate(head(token, n), token, ropeBase);
        const scores = Array.from({ length: token + 1 }, (_, other) =>
          Math.exp(dot(query, rotate(head(other, numHeads + g), other, ropeBase)) / Math.sqrt(headDim)),
        );
        const total = scores.reduce((sum, score) => sum + score, 0);
        scores.forEach((score, other) => {
          head(other, numHeads + numKvHeads + g).forEach((value, k) => {
            mixed[n * headDim + k] = (mixed[n * headDim + k] ?? 0) + (score / total) * value;
          });
        });
      }
      const update = matrixTimes(of("attention.output"), mixed);
      return x.map((value, i) => value + (update[i] ?? NaN));
    });
    stream = stream.map((x) => {
      const gateUp = matrixTimes(of("mlp.gate_up"), normalise(x, of("mlp_norm").row(0), normEpsilon));
      const gate = gateUp.slice(0, mlpDim);
      const update = matrixTimes(
        of("mlp.down"),
        gate.map((value, i) => value * sigmoid(value) * (gateUp[mlpDim + i] ?? NaN)),
      );
      return x.map((value, i) => value + (update[i] ?? NaN));
    });
  }
  return stream.map((x) => normalise(x, weights("norm.weight").row(0), normEpsilon));
}

it("equals Llama in plain JavaScript on one causal document, within 2e-5", async () => {
  await useBackend({ backend: "cpu" });
  const numTokens = 7;
  const model = new Backbone(
    { modelDim: 24, numLayers: 2, numHeads: 4, numKvHeads: 2, headDim: 8, mlpDim: 20, ropeBase: 500 },
    new Generator(1),
  );
  const parameters = model.parameters();
  for (const [name, variable] of parameters) {
    variable.assign(tf.tidy(() => variable.add(initNormal(new Generator(2, name), variable.shape, 0.2))));
  }
  const weights: Weights = (name) => {
    const variable = parameters.get(name) as tf.Variable;
    const data = Float64Array.from(variable.dataSync());
    const [numRows, dim] = variable.rank === 1 ? [1, variable.size] : (variable.shape as [number, number]);
    return { numRows, row: (index) => data.slice(index * dim, (index + 1) * dim) };
  };
  const generator = new Generator(3);
  const rows = Array.from({ length: numTokens }, () => Float64Array.from(generator.normalArray(24)));

  const actual = model
    .forward({
      embeddings_LD: tf.tensor2d(rows.map((row) => [...row])),
      positions_L3: Float32Array.from({ length: 3 * numTokens }, (_, index) => Math.floor(index / 3)),
      keyRanges: Int32Array.from({ length: 4 * numTokens }, (_, index) => (index % 4 === 1 ? (index + 3) / 4 : 0)),
    })
    .dataSync();
  const expected = plainLlama(model.config, weights, rows).flatMap((row) => [...row]);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN))))).toBeLessThan(2e-5);
});
