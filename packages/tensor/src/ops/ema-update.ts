/**
 * Exponential moving average of parameters, in place: average = decay · average + (1 - decay) · parameter.
 *
 * Kernel `EmaUpdate`: { average0.., parameter0.. }; { decay } -> a scalar without meaning
 * The kernel first copies what a clone or a view shares. No gradient. All tensors are float32.
 */
import { tf } from "../tf.ts";
import { hasFusedKernel, requireNoTape, runKernel } from "./dispatch.ts";
import { numberedInputs, tensorOf } from "./named-tensors.ts";

/**
 * Moves every average towards the parameter of its name; clones of an average keep their old values.
 * @throws RangeError when a parameter is missing, a shape differs or `decay` lies outside [0, 1].
 */
export function emaUpdate(
  averages: ReadonlyMap<string, tf.Variable>,
  parameters: ReadonlyMap<string, tf.Tensor>,
  decay: number,
): void {
  requireNoTape("emaUpdate");
  if (!(decay >= 0 && decay <= 1)) throw new RangeError(`emaUpdate: decay (=${decay}) must lie in [0, 1]`);
  const pairs = [...averages].map(([name, average]) => {
    return { average, parameter: tensorOf({ op: "emaUpdate", map: "parameters" }, parameters, [name, average]) };
  });
  if (pairs.length === 0) return;
  if (hasFusedKernel("EmaUpdate")) {
    const inputs = numberedInputs({
      average: pairs.map(({ average }) => average),
      parameter: pairs.map(({ parameter }) => parameter),
    });
    runKernel("EmaUpdate", inputs, { decay }).dispose();
    return;
  }
  for (const { average, parameter } of pairs) {
    tf.tidy(() => average.assign(average.mul(decay).add(parameter.mul(1 - decay))));
  }
}
