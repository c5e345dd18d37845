/**
 * A child process of processes.test.ts whose memory is limited (RLIMIT_AS, by util-linux's `prlimit`): it fills what
 * there is with tensors, calls kernels that have no room for their results, frees the tensors and calls them again.
 * Sends { filling, threads, refused, again }: what the errors said. Wants Node's --expose-gc.
 * With `--unused` the backend has computed nothing before.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { registerTorchBackend } from "@interfuse/backend-torch";
import { attention, crossEntropy, linear, rmsNorm, swiglu, tf } from "@interfuse/tensor";

const MEBIBYTE = 2 ** 20;
const ROWS = 2 ** 16;
const WIDTH = 64;

registerTorchBackend({ threads: 2, precision: "bf16", device: "cpu" });
tf.setBackend("torch");

// An input of 16 MiB; what a kernel needs is more than is left in the end.
const x = tf.ones([ROWS, WIDTH]);
const weight = tf.ones([WIDTH, WIDTH]);
const heads = x.reshape([ROWS, 1, WIDTH]);
const targets = tf.zeros([ROWS], "int32");
const keyRanges = Int32Array.from({ length: 4 * ROWS }, (_, index) => (index % 4 === 1 ? 1 + ((index >> 2) % 64) : 0));
const values = new Float32Array(ROWS * WIDTH);
const kernels = {
  write: () => tf.tensor(values, [ROWS, WIDTH]),
  add: () => x.add(1),
  matMul: () => x.matMul(weight),
  linear: () => linear(x, weight),
  rmsNorm: () => rmsNorm(x, tf.ones([WIDTH]), { epsilon: 1e-5 }),
  swiglu: () => swiglu(tf.concat([x, x], 1)),
  attention: () => attention({ query: heads, key: heads, value: heads, keyRanges }),
  crossEntropyGrad: () => tf.grad((logits) => crossEntropy(logits, targets).sum())(x),
  linearGrad: () => tf.grad((input) => linear(input, weight).sum())(x),
  conv2d: () => tf.conv2d(x.reshape([4, 128, 128, WIDTH]), weight.reshape([1, 1, WIDTH, WIDTH]), 1, "same"),
};

/** What an error says; null where there is none. */
function messageOf(program) {
  try {
    program();
    return null;
  } catch (error) {
    return error.message;
  }
}

/** What each kernel says, called after `prepare`: null where it computes. */
function outcomes(prepare = () => undefined) {
  return Object.fromEntries(
    Object.entries(kernels).map(([name, kernel]) => {
      prepare();
      return [name, messageOf(() => tf.tidy(() => void kernel()))];
    }),
  );
}

if (!process.argv.includes("--unused")) outcomes();
// What the first calls left behind would otherwise be room later on.
globalThis.gc();
await setTimeout(100);
const inUse = Number(/^VmSize:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
execFileSync("prlimit", [`--pid=${process.pid}`, `--as=${inUse + 256 * MEBIBYTE}`]);

const filled = [];
/** Takes memory in pieces until there is none of that size. @returns what the error said */
function fill(mebibytes) {
  return messageOf(() => {
    // Not `ones`, which makes an array of JavaScript's as large first.
    for (;;) filled.push(tf.fill([mebibytes, MEBIBYTE / 4], 1));
  });
}

const fillAll = () => [16, 4].map(fill);
const filling = fillAll();
// Again before each kernel: what JavaScript collects meanwhile is room.
const refused = outcomes(fillAll);
const threads = messageOf(() => registerTorchBackend({ threads: 64 }));
tf.dispose(filled);
process.send({ filling, threads, refused, again: outcomes() });
process.disconnect();
