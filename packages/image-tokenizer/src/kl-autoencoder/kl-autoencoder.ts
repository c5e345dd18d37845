/**
 * The continuous image tokenizer: a convolutional variational autoencoder whose prior hardly binds (arXiv 2112.10752).
 *
 * Departures from latent diffusion's, most for speed on a CPU: the 1x1 convolutions around the latents are left out (a
 * linear map next to a convolution), one block in the middle, no extra decoder block a level, the convolution after
 * upsampling already narrows to the next level, attention off; and latents are normalised per channel, not by one number.
 */
import type { Generator } from "@interfuse/tensor";
import { Decoder } from "../convolutional/decoder.ts";
import { Encoder } from "../convolutional/encoder.ts";
import { downsamplingOf } from "../convolutional/sizes.ts";
import { type KlAutoencoderConfig, type KlAutoencoderConfigInput, resolveKlAutoencoderConfig } from "./config.ts";
import { KlTokenizer } from "./kl-tokenizer.ts";

/**
 * Where log variances start: a deviation of 0.05 beside means of about 1. From 0 the decoder would first see mostly noise,
 * and took a third more steps to the same error (debug recipe, four pictures by heart).
 */
const FIRST_LOG_VARIANCE = -6;

/**
 * A convolutional KL autoencoder. The published 1x1 projections around the latents are left out: the encoder's last and the
 * decoder's first convolution are linear maps already. Parameters lie under `encoder.` and `decoder.`; latent statistics are part of the config.
 */
export class KlAutoencoder extends KlTokenizer<KlAutoencoderConfig> {
  protected readonly encoder: Encoder;
  protected readonly decoder: Decoder;

  /** @throws as {@link resolveKlAutoencoderConfig}. */
  constructor(input: KlAutoencoderConfigInput, generator: Generator) {
    const config = resolveKlAutoencoderConfig(input);
    super(config, { downsampling: downsamplingOf(config), resolve: resolveKlAutoencoderConfig });
    const numChannels = config.latentChannels;
    const output = {
      outputChannels: 2 * numChannels,
      initialBias: Array.from({ length: 2 * numChannels }, (_, i) => (i < numChannels ? 0 : FIRST_LOG_VARIANCE)),
    };
    this.encoder = this.child("encoder", new Encoder(config, output, generator.fork("encoder")));
    this.decoder = this.child("decoder", new Decoder(config, generator.fork("decoder")));
  }
}
