/**
 * TensorFlow.js, imported in this one place so that every package shares one copy of its registries (two copies are a
 * wall of "already registered"). It must be the union package: `@tensorflow/tfjs-core` alone has no gradients in Node.
 */
import * as tf from "@tensorflow/tfjs";

// The JavaScript backend advertises tfjs-node at its first use in Node; which backend to use is our `useBackend`'s say.
const javascriptBackend = tf.findBackend("cpu") as (tf.KernelBackend & { firstUse?: boolean }) | null;
if (javascriptBackend) javascriptBackend.firstUse = false;

export { tf };
