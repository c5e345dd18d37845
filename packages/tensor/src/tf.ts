/**
 * TensorFlow.js, imported in this one place so that every package shares one copy of its registries (two copies are a
 * wall of "already registered"). It must be the union package: `@tensorflow/tfjs-core` alone has no gradients in Node.
 */
import * as tf from "@tensorflow/tfjs";

// At its first use in Node the JavaScript backend advertises tfjs-node on stderr; `useBackend` is who recommends one.
const javascriptBackend = tf.findBackend("cpu");
if (javascriptBackend !== null) {
  Object.defineProperty(Object.getPrototypeOf(javascriptBackend), "firstUse", {
    configurable: true,
    get: () => false,
    set: () => {},
  });
  Reflect.deleteProperty(javascriptBackend, "firstUse");
}

export { tf };
