// B batch, H height, W width
import { adamwUpdate, type Generator, tf, valueAndGrads } from "@interfuse/tensor";
import { type DenoisingNetwork, denoisingLoss } from "./denoising-network.ts";

/** How long and how fast. */
export type DenoisingTraining = {
  readonly generator: Generator;
  /** Default 400. */
  readonly steps?: number;
  /** The first learning rate, which falls to zero along a half cosine. Default 2e-3. */
  readonly learningRate?: number;
  /** Gets the mean squared error of each step. */
  readonly onStep?: (step: number, loss: number) => void;
};

/**
 * Trains a denoising network in place with Adam. A few hundred steps of 32 pictures are enough for features.
 *
 * @param nextBatch Gives pixels `[B, H, W, 3]`, which it hands over.
 * @throws RangeError when a loss is not finite, or the pixels do not fit.
 */
export async function trainDenoisingNetwork(
  network: DenoisingNetwork,
  nextBatch: (step: number) => tf.Tensor4D | Promise<tf.Tensor4D>,
  { generator, steps = 400, learningRate = 2e-3, onStep = () => {} }: DenoisingTraining,
): Promise<void> {
  const parameters = network.parameters();
  const zeros = () => new Map([...parameters].map(([name, { shape }]) => [name, zeroVariable(shape)]));
  const [firstMoments, secondMoments] = [zeros(), zeros()];
  try {
    for (let step = 1; step <= steps; step++) {
      const pixels_BHWC = await nextBatch(step);
      const { outputs, gradients } = valueAndGrads(() => {
        const { lossSum, numPixelValues } = denoisingLoss(network, pixels_BHWC, generator.fork(step));
        return { loss: lossSum.div<tf.Scalar>(numPixelValues) };
      }, parameters);
      const { gradNorm } = adamwUpdate(
        { parameters, gradients, firstMoments, secondMoments },
        {
          learningRate: (learningRate * (1 + Math.cos((Math.PI * (step - 1)) / steps))) / 2,
          beta1: 0.9,
          beta2: 0.99,
          epsilon: 1e-8,
          weightDecay: 0,
          step,
          maxGradNorm: 1,
        },
      );
      tf.dispose([pixels_BHWC, gradNorm, ...gradients.values()]);
      const loss = (await outputs.loss.data())[0] as number;
      outputs.loss.dispose();
      if (!Number.isFinite(loss)) {
        throw new RangeError(
          `trainDenoisingNetwork: the loss of step ${step} is ${loss}; lower learningRate (=${learningRate})`,
        );
      }
      onStep(step, loss);
    }
  } finally {
    tf.dispose([...firstMoments.values(), ...secondMoments.values()]);
  }
}

function zeroVariable(shape: number[]): tf.Variable {
  const zeros = tf.zeros(shape);
  const variable = tf.variable(zeros, false);
  zeros.dispose();
  return variable;
}
