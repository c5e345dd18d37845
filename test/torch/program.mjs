/**
 * What the tests start as a worker, a child process or a cluster's worker: it loads the torch backend, computes a gradient
 * through a fused kernel, sends it, and either disposes everything and ends, or goes on computing until it is ended.
 */
import { parentPort } from "node:worker_threads";
import { registerTorchBackend, torchInfo } from "@interfuse/backend-torch";
import { linear, tf } from "@interfuse/tensor";

registerTorchBackend({ threads: 2, precision: "bf16" });
tf.setBackend("torch");

/** The sum of the gradient of sum(x xᵀ) for ones [64, 64]: 2 * 64 for each of 4,096. */
function step() {
  return tf.tidy(
    () =>
      tf
        .grad((x) => linear(x, x).sum())(tf.ones([64, 64]))
        .sum()
        .dataSync()[0],
  );
}

function send(message) {
  if (parentPort === null) process.send(message);
  else parentPort.postMessage(message);
}

const isEndless = process.argv.includes("--endless");
const sum = step();
send({ sum, slots: torchInfo().slots });
while (isEndless) step();
tf.removeBackend("torch");
// A child's channel to its parent would keep it alive.
process.disconnect?.();
