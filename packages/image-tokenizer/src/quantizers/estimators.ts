/** How the gradient passes a step that has none: codes in the forward pass, a path to the latents in the backward pass. */
// .. any axes, C channels
import { tf, withoutGradients } from "@interfuse/tensor";
import { normalizeLastAxis } from "./normalize.ts";

/** Below this a latent's length counts as this, so that the rotation's scale stays finite (as in vector-quantize-pytorch). */
const SMALLEST_SCALED_LENGTH = 1e-6;

/** The values of `codes` exactly, with the gradient of `latents` (arXiv 1308.3432); none for `codes`. */
export function straightThrough<T extends tf.Tensor>(latents: T, codes: T): T {
  return tf.tidy(() => detach(codes).add(latents.sub(detach(latents))) as T);
}

/**
 * The values of `codes` exactly, with the gradient of the rotation and scaling that takes each latent to its code, held
 * constant (arXiv 2410.06424): `|e|/|z| (I - 2 w wᵀ + 2 ê ẑᵀ) z` with `w = normalise(ẑ + ê)`.
 *
 * Where ẑ = -ê, w is 0 and the map is a reflection that still takes z to e.
 */
export function rotateTo<T extends tf.Tensor>(latents: T, codes: T): T {
  return tf.tidy(() => {
    const { from, to, middle, scale } = withoutGradients(() => {
      const from = normalizeLastAxis(latents);
      const to = normalizeLastAxis(codes);
      const length = tf.maximum(lengths(latents), SMALLEST_SCALED_LENGTH);
      return { from, to, middle: normalizeLastAxis(from.add(to) as T), scale: lengths(codes).div(length) };
    });
    const reflected = middle.mul(middle.mul(latents).sum(-1, true)).mul(2);
    const turned = to.mul(from.mul(latents).sum(-1, true)).mul(2);
    return straightThrough(latents.sub(reflected).add(turned).mul(scale) as T, codes);
  });
}

/** The values of a tensor as a constant. */
export function detach<T extends tf.Tensor>(x: T): T {
  return withoutGradients(() => x.clone());
}

function lengths(x: tf.Tensor): tf.Tensor {
  return x.square().sum(-1, true).sqrt();
}
