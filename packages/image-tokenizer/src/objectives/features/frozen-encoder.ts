// B batch, H height, W width, D channels
import { type tf, withoutGradient } from "@interfuse/tensor";
import type { FeatureNetwork } from "./feature-network.ts";

/**
 * A vision encoder that is only looked at: a teacher for `visionAlignmentLoss`, features for Fréchet distances and probes.
 * Asynchronous and without gradients, so that networks outside of TensorFlow.js serve, too; as a teacher in training it
 * runs while batches are prepared.
 */
export interface FrozenEncoder {
  /** What to state beside a figure measured with it. */
  readonly name: string;
  /** Features `[B, h, w, D]` of pixels `[B, H, W, 3]` in [-1, 1]; the caller disposes them. */
  encode(pixels_BHWC: tf.Tensor4D): Promise<tf.Tensor4D>;
}

/**
 * One map of a feature network as a frozen encoder.
 *
 * @param layer Which map; negative counts from the deepest, -1 by default.
 * @throws RangeError (when encoding) when there is no such map.
 */
export function frozenNetworkEncoder(network: FeatureNetwork, layer = -1): FrozenEncoder {
  return {
    name: `${network.name}, layer ${layer}`,
    encode: async (pixels_BHWC) =>
      withoutGradient(() => {
        const maps = network.features(pixels_BHWC);
        const map = maps.at(layer);
        if (map === undefined) {
          throw new RangeError(
            `frozenNetworkEncoder: layer (=${layer}) must be one of the ${maps.length} maps of ${network.name}`,
          );
        }
        return map;
      }),
  };
}
