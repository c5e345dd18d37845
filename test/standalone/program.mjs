/** A plain TensorFlow.js program, as the README of backend-torch has it: only the second import and `setBackend` are ours. */
import * as tf from "@tensorflow/tfjs";
import "@interfuse/backend-torch";

await tf.setBackend("torch");

const cnn = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [12, 12, 1], kernelSize: 3, filters: 8, activation: "relu" }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.batchNormalization(),
    tf.layers.flatten(),
    tf.layers.dropout({ rate: 0.1, seed: 1 }),
    tf.layers.dense({ units: 2, activation: "softmax" }),
  ],
});
// Is the bright column in the left or in the right half?
const columns = Array.from({ length: 96 }, (_, index) => index % 12);
const pictures = tf.tidy(() => tf.oneHot(columns, 12).reshape([96, 1, 12, 1]).tile([1, 12, 1, 1]).cast("float32"));
const halves = tf.tidy(() => tf.oneHot(tf.floorDiv(tf.tensor1d(columns, "int32"), tf.scalar(6, "int32")), 2));

const lstm = tf.sequential({
  layers: [
    tf.layers.embedding({ inputDim: 4, outputDim: 8, inputLength: 6 }),
    tf.layers.lstm({ units: 16 }),
    tf.layers.dense({ units: 4, activation: "softmax" }),
  ],
});
// Which symbol was first?
const symbols = Array.from({ length: 96 }, (_, row) => Array.from({ length: 6 }, (_, i) => (row * 7 + i * i) % 4));
const sequences = tf.tensor2d(symbols, undefined, "int32");
const firsts = tf.tidy(() =>
  tf.oneHot(
    symbols.map(([first]) => first),
    4,
  ),
);

const result = { backend: "", losses: {} };
for (const [name, model, x, y] of [
  ["cnn", cnn, pictures, halves],
  ["lstm", lstm, sequences, firsts],
]) {
  model.compile({ optimizer: tf.train.adam(0.02), loss: "categoricalCrossentropy", metrics: ["accuracy"] });
  const { history } = await model.fit(x, y, { epochs: 20, batchSize: 32, verbose: 0 });
  result.losses[name] = history.loss;
}
result.backend = tf.getBackend();
process.stdout.write(`${JSON.stringify(result)}\n`);
