/**
 * One step of AdamW (decoupled weight decay, arXiv 1711.05101) over all parameters, in place, with clipping by the
 * global gradient norm: c = min(1, maxGradNorm / (‖g‖ + 1e-6)), g' = c·g, m = β₁m + (1-β₁)g', v = β₂v + (1-β₂)g'²,
 * p = p·(1 - lr·decay) - lr · (m / (1-β₁^step)) / (sqrt(v / (1-β₂^step)) + ε).
 *
 * Kernel `AdamWUpdate`: { parameter0.., gradient0.., firstMoment0.., secondMoment0.. };
 *   { learningRate, beta1, beta2, epsilon, weightDecays: number[], step, maxGradNorm (0 = off) } -> gradNorm scalar
 * The kernel first copies what a clone or a view shares. No gradient. Parameters, gradients and moments are float32.
 */
import { tf } from "../tf.ts";
import { hasFusedKernel, requireNoTape, runKernel } from "./dispatch.ts";
import { numberedInputs, tensorOf } from "./named-tensors.ts";

/** The tensors of an update, by parameter name; all four maps have the same names and shapes. */
export type AdamWTensors = {
  parameters: ReadonlyMap<string, tf.Variable>;
  gradients: ReadonlyMap<string, tf.Tensor>;
  firstMoments: ReadonlyMap<string, tf.Variable>;
  secondMoments: ReadonlyMap<string, tf.Variable>;
};

/** Settings of an update. `step` counts from 1; `weightDecay` is one number or one per name (0 where missing). */
export type AdamWOptions = {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number | ReadonlyMap<string, number>;
  step: number;
  maxGradNorm?: number;
};

type Slot = { parameter: tf.Variable; gradient: tf.Tensor; first: tf.Variable; second: tf.Variable; decay: number };

/**
 * Updates parameters and moments in place and returns the gradients' global norm before clipping. The gradients are
 * only read; clones of what is updated keep their old values.
 * @throws RangeError when a name is missing, a shape differs or a setting is out of range.
 */
export function adamwUpdate(tensors: AdamWTensors, options: AdamWOptions): { gradNorm: tf.Scalar } {
  requireNoTape("adamwUpdate");
  checkOptions(options);
  const slots = collectSlots(tensors, options.weightDecay);
  return { gradNorm: hasFusedKernel("AdamWUpdate") ? fusedUpdate(slots, options) : portableUpdate(slots, options) };
}

function checkOptions({ learningRate, beta1, beta2, epsilon, step, maxGradNorm = 0 }: AdamWOptions): void {
  if (!Number.isInteger(step) || step < 1) {
    throw new RangeError(`adamwUpdate: step (=${step}) must be an integer that counts from 1`);
  }
  for (const [name, value] of Object.entries({ learningRate, epsilon, maxGradNorm })) {
    if (!(value >= 0)) throw new RangeError(`adamwUpdate: ${name} (=${value}) must be a number of at least 0`);
  }
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) throw new RangeError(`adamwUpdate: ${name} (=${value}) must be from 0 to below 1`);
  }
}

function collectSlots(tensors: AdamWTensors, weightDecay: AdamWOptions["weightDecay"]): Slot[] {
  return [...tensors.parameters].map(([name, parameter]) => {
    const find = <T extends tf.Tensor>(map: keyof AdamWTensors, values: ReadonlyMap<string, T>): T =>
      tensorOf({ op: "adamwUpdate", map }, values, [name, parameter]);
    return {
      parameter,
      gradient: find("gradients", tensors.gradients),
      first: find("firstMoments", tensors.firstMoments),
      second: find("secondMoments", tensors.secondMoments),
      decay: typeof weightDecay === "number" ? weightDecay : (weightDecay.get(name) ?? 0),
    };
  });
}

function fusedUpdate(slots: Slot[], options: AdamWOptions): tf.Scalar {
  const inputs = numberedInputs({
    parameter: slots.map(({ parameter }) => parameter),
    gradient: slots.map(({ gradient }) => gradient),
    firstMoment: slots.map(({ first }) => first),
    secondMoment: slots.map(({ second }) => second),
  });
  const { learningRate, beta1, beta2, epsilon, step, maxGradNorm = 0 } = options;
  const weightDecays = slots.map(({ decay }) => decay);
  const attrs = { learningRate, beta1, beta2, epsilon, weightDecays, step, maxGradNorm };
  return runKernel<tf.Scalar>("AdamWUpdate", inputs, attrs);
}

function portableUpdate(slots: Slot[], options: AdamWOptions): tf.Scalar {
  const { learningRate, beta1, beta2, epsilon, step, maxGradNorm = 0 } = options;
  return tf.tidy(() => {
    const squares = slots.map(({ gradient }) => gradient.square().sum<tf.Scalar>());
    const gradNorm = squares.length === 0 ? tf.scalar(0) : tf.addN(squares).sqrt();
    const clip = maxGradNorm > 0 ? tf.minimum(1, tf.div(maxGradNorm, gradNorm.add(1e-6))) : tf.scalar(1);
    for (const { parameter, gradient, first, second, decay } of slots) {
      tf.tidy(() => {
        const clipped = gradient.mul(clip);
        first.assign(first.mul(beta1).add(clipped.mul(1 - beta1)));
        second.assign(second.mul(beta2).add(clipped.square().mul(1 - beta2)));
        const direction = first.div(1 - beta1 ** step).div(
          second
            .div(1 - beta2 ** step)
            .sqrt()
            .add(epsilon),
        );
        parameter.assign(parameter.mul(1 - learningRate * decay).sub(direction.mul(learningRate)));
      });
    }
    return gradNorm;
  });
}
