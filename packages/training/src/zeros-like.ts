import { tf } from "@interfuse/tensor";

/** A variable of zeros for each parameter: the start of an optimizer's moving averages. */
export function zerosLike(parameters: ReadonlyMap<string, tf.Variable>): Map<string, tf.Variable> {
  return new Map(
    [...parameters].map(([name, parameter]) => {
      const zeros = tf.zeros(parameter.shape);
      const variable = tf.variable(zeros, false);
      zeros.dispose();
      return [name, variable];
    }),
  );
}
