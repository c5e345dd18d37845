/**
 * `npm run setup:tensorflow`: the optional backend `tensorflow` on a current libtensorflow. Gets libtensorflow from its
 * Python wheel and tfjs-node from npm, both into the cache, compiles tfjs-node's addon and multiplies two matrices with it.
 * Needs Linux, Python 3 and a C++ compiler. Quick when nothing is to do.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";
import { getTensorflow } from "./lib/tensorflow-library.mjs";
import { compileAddon } from "./lib/tfjs-node-addon.mjs";
import { getPackage, packageFolder, placePackage } from "./lib/tfjs-node-package.mjs";

const say = (message) => process.stderr.write(`setup-tensorflow: ${message}\n`);

/** @returns what computed the product, in words. @throws Error when it does not load or multiplies wrongly */
async function verify() {
  const { tf, useBackend } = await import(pathToFileURL(path.join(ROOT, "packages/tensor/dist/index.js")).href);
  const { library } = await useBackend({ backend: "tensorflow" });
  const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2]));
  const values = Array.from(await product.data());
  if (String(values) !== "19,22,43,50") throw new Error(`a product that should be 19,22,43,50 is ${values}`);
  return library;
}

if (process.platform !== "linux") {
  say(`only for Linux: the Python wheel of ${process.platform} was never tried`);
  process.exit(1);
}
setUp({ quiet: true });
try {
  const tensorflow = getTensorflow(say);
  const modules = getPackage(say);
  compileAddon(packageFolder(modules), tensorflow, say);
  placePackage(modules);
  say(`ready: ${await verify()}`);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
