// B batch (1), H height, W width, C channels
import { type ImageTokenizer, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import { encodeAnySize } from "../image-tokenizer/any-size.ts";

/** Channels that are shown at most. */
const MAX_CHANNELS = 15;
/** Standard deviations from black to white on either side of 0. */
const RANGE = 2.5;

/** The normalised latents of a picture, a grey picture a channel. */
export async function latentTiles(tokenizer: ImageTokenizer, picture: Picture): Promise<Picture[]> {
  const latents_BHWC = tf.tidy(() => encodeAnySize(tokenizer, picturesToTensor([picture])));
  const values = (await latents_BHWC.data()) as Float32Array;
  const [, height, width, channels] = latents_BHWC.shape;
  latents_BHWC.dispose();
  return Array.from({ length: Math.min(channels, MAX_CHANNELS) }, (_, channel) => {
    const data = new Uint8Array(height * width * 3);
    for (let place = 0; place < height * width; place++) {
      const share = ((values[place * channels + channel] as number) / RANGE + 1) / 2;
      data.fill(Math.round(255 * Math.max(0, Math.min(1, share))), 3 * place, 3 * place + 3);
    }
    return { width, height, data };
  });
}
