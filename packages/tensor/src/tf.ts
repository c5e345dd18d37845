/** TensorFlow.js, imported in this one place so that every package shares one copy of its registries. */
import * as tf from "@tensorflow/tfjs";

export { tf };
