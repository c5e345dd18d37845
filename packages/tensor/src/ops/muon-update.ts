/**
 * One step of Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon) over weights, in place: momentum, Nesterov's look
 * ahead, then the update's singular values are all brought near 1 by five Newton–Schulz steps.
 *
 * m = β·m + (1-β)·g, u = β·m + (1-β)·g, O = orthogonalised u, p = p·(1 - decay) - lr·sqrt(max(1, outputs / inputs))·O.
 * Weights are [outputs, inputs], or convolution kernels [height, width, inputs, outputs], taken as [height·width·inputs, outputs].
 *
 * Kernel `MuonUpdate`: { parameter0.., gradient0.., momentum0.. }; { rates: number[], momentum, decay } -> gradNorm scalar,
 *   with a rate each; tensors of higher rank are matrices of all their axes but the last, and the last.
 * The kernel first copies what a clone or a view shares. No gradient. All tensors are float32; in bf16 precision the
 * products of Newton–Schulz are bf16.
 */
// R rows, C columns, S = min(R, C)
import { tf } from "../tf.ts";
import { hasFusedKernel, requireNoTape, runKernel } from "./dispatch.ts";
import { numberedInputs, tensorOf } from "./named-tensors.ts";

/** The weights of an update, by parameter name; all three maps have the same names and shapes. */
export type MuonTensors = {
  parameters: ReadonlyMap<string, tf.Variable>;
  gradients: ReadonlyMap<string, tf.Tensor>;
  momenta: ReadonlyMap<string, tf.Variable>;
};

/** Settings of an update; `decay` is the share of a parameter that a step takes away. */
export type MuonOptions = { learningRate: number; momentum: number; decay: number };

/** p(x) = 3.4445 x - 4.775 x³ + 2.0315 x⁵, five times, brings singular values from (0.01, 1] to about [0.7, 1.2]. */
const NEWTON_SCHULZ_STEPS = 5;
const NEWTON_SCHULZ = { linear: 3.4445, cubic: -4.775, quintic: 2.0315 };
const NORM_EPSILON = 1e-7;

type Slot = { parameter: tf.Variable; gradient: tf.Tensor; momentum: tf.Variable; rate: number };

/**
 * Updates weights and momenta in place and returns the gradients' global norm. The gradients are only read; clones of
 * what is updated keep their old values.
 * @throws RangeError when a name is missing, a parameter is neither of rank 2 nor 4 or a shape differs.
 */
export function muonUpdate(tensors: MuonTensors, options: MuonOptions): { gradNorm: tf.Scalar } {
  requireNoTape("muonUpdate");
  const slots = collectSlots(tensors, options.learningRate);
  return { gradNorm: hasFusedKernel("MuonUpdate") ? fusedUpdate(slots, options) : portableUpdate(slots, options) };
}

function collectSlots({ parameters, gradients, momenta }: MuonTensors, learningRate: number): Slot[] {
  return [...parameters].map(([name, parameter]) => {
    const rate = learningRate * Math.sqrt(Math.max(1, outputsPerInput(name, parameter.shape)));
    const gradient = tensorOf({ op: "muonUpdate", map: "gradients" }, gradients, [name, parameter]);
    const momentum = tensorOf({ op: "muonUpdate", map: "momenta" }, momenta, [name, parameter]);
    return { parameter, gradient, momentum, rate };
  });
}

function outputsPerInput(name: string, shape: readonly number[]): number {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  if (shape.length === 2) return height / width;
  if (shape.length === 4) return outputs / (height * width * inputs);
  throw new RangeError(
    `muonUpdate: ${name} has shape [${shape}]; it must be a matrix [outputs, inputs] or a kernel [height, width, inputs, outputs]`,
  );
}

function fusedUpdate(slots: Slot[], { momentum, decay }: MuonOptions): tf.Scalar {
  const inputs = numberedInputs({
    parameter: slots.map(({ parameter }) => parameter),
    gradient: slots.map(({ gradient }) => gradient),
    momentum: slots.map((slot) => slot.momentum),
  });
  return runKernel<tf.Scalar>("MuonUpdate", inputs, { rates: slots.map(({ rate }) => rate), momentum, decay });
}

function portableUpdate(slots: Slot[], { momentum, decay }: MuonOptions): tf.Scalar {
  return tf.tidy(() => {
    for (const slot of slots) {
      tf.tidy(() => {
        const fresh = slot.gradient.mul(1 - momentum);
        slot.momentum.assign(slot.momentum.mul(momentum).add(fresh));
        const ahead = slot.momentum.mul(momentum).add(fresh);
        const matrix = ahead.reshape<tf.Tensor2D>([-1, ahead.shape.at(-1) as number]);
        const step = orthogonalised(matrix).mul(slot.rate).reshape(ahead.shape);
        slot.parameter.assign(slot.parameter.mul(1 - decay).sub(step));
      });
    }
    const squares = slots.map(({ gradient }) => gradient.square().sum<tf.Scalar>());
    return squares.length === 0 ? tf.scalar(0) : tf.addN(squares).sqrt();
  });
}

/** The matrix with the same singular vectors and singular values near 1. */
function orthogonalised(matrix_RC: tf.Tensor2D): tf.Tensor2D {
  const [rows, columns] = matrix_RC.shape;
  const isTall = rows > columns;
  const { linear, cubic, quintic } = NEWTON_SCHULZ;
  let x = isTall ? matrix_RC.transpose<tf.Tensor2D>() : matrix_RC;
  x = x.div(x.norm().add(NORM_EPSILON));
  for (let step = 0; step < NEWTON_SCHULZ_STEPS; step++) {
    const gram_SS = tf.matMul(x, x, false, true);
    const factor_SS = gram_SS.mul(cubic).add<tf.Tensor2D>(tf.matMul(gram_SS, gram_SS).mul(quintic));
    x = x.mul(linear).add(tf.matMul(factor_SS, x));
  }
  return isTall ? x.transpose() : x;
}
