/** Stock TensorFlow.js layers models, as its examples have them, with data to train them on. */
import { Generator, tf } from "@interfuse/tensor";

/** A compiled model on the current backend and one batch. */
export interface LayersTask {
  readonly model: tf.LayersModel;
  readonly x: tf.Tensor;
  readonly y: tf.Tensor;
}

/** Builds a task on the current backend. */
export type MakeLayersTask = () => LayersTask;

/** The convolutional network of the MNIST example: 28x28 grey pictures of ten classes, 64 a batch. */
function cnn(): LayersTask {
  const model = tf.sequential();
  model.add(tf.layers.conv2d({ inputShape: [28, 28, 1], kernelSize: 3, filters: 16, activation: "relu" }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }));
  model.add(tf.layers.conv2d({ kernelSize: 3, filters: 32, activation: "relu" }));
  model.add(tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }));
  model.add(tf.layers.conv2d({ kernelSize: 3, filters: 32, activation: "relu" }));
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 64, activation: "relu" }));
  model.add(tf.layers.dense({ units: 10, activation: "softmax" }));
  model.compile({ optimizer: "rmsprop", loss: "categoricalCrossentropy" });
  return { model, x: noise([64, 28, 28, 1]), y: classes(64, 10) };
}

/** The network of the text-generation example: 40 characters of an alphabet of 64, an LSTM of 128 units, 128 a batch. */
function lstm(): LayersTask {
  const model = tf.sequential();
  model.add(tf.layers.lstm({ units: 128, inputShape: [40, 64] }));
  model.add(tf.layers.dense({ units: 64, activation: "softmax" }));
  model.compile({ optimizer: tf.train.rmsprop(0.01), loss: "categoricalCrossentropy" });
  const x = classes(128 * 40, 64);
  const task = { model, x: x.reshape([128, 40, 64]), y: classes(128, 64) };
  x.dispose();
  return task;
}

/** The tasks by name. */
export const LAYERS_TASKS: Readonly<Record<string, MakeLayersTask>> = { cnn, lstm };

function noise(shape: number[]): tf.Tensor {
  return tf.tensor(new Generator(1, "layers").normalArray(tf.util.sizeFromShape(shape)), shape);
}

/** Random one-hot rows. */
function classes(rows: number, numClasses: number): tf.Tensor {
  const generator = new Generator(2, "layers");
  const values = new Float32Array(rows * numClasses);
  for (let row = 0; row < rows; row++) values[row * numClasses + generator.integer(numClasses)] = 1;
  return tf.tensor2d(values, [rows, numClasses]);
}
