/**
 * The discrete image tokenizer: a convolutional autoencoder with a quantizer between encoder and decoder (VQ-VAE, arXiv
 * 1711.00937, and all that followed). As in the KL autoencoder the published 1x1 projections around the quantizer are
 * left out: the encoder's last and the decoder's first convolution are the linear maps to and from its channels.
 */
import type { Generator } from "@interfuse/tensor";
import { Decoder } from "../convolutional/decoder.ts";
import { Encoder } from "../convolutional/encoder.ts";
import { downsamplingOf } from "../convolutional/sizes.ts";
import { quantizerFromConfig } from "../quantizers/from-config.ts";
import type { Quantizer } from "../quantizers/quantizer.ts";
import {
  type QuantizedAutoencoderConfig,
  type QuantizedAutoencoderConfigInput,
  resolveQuantizedAutoencoderConfig,
  sizesOf,
} from "./config.ts";
import { QuantizedTokenizer } from "./quantized-tokenizer.ts";

/** A convolutional autoencoder over codes. Weights lie under `encoder.`, `quantizer.` and `decoder.`; latent statistics are part of the config. */
export class QuantizedAutoencoder extends QuantizedTokenizer<QuantizedAutoencoderConfig> {
  readonly quantizer: Quantizer;
  protected readonly encoder: Encoder;
  protected readonly decoder: Decoder;

  /** @throws as {@link resolveQuantizedAutoencoderConfig}. */
  constructor(input: QuantizedAutoencoderConfigInput, generator: Generator) {
    const config = resolveQuantizedAutoencoderConfig(input);
    super(config, { downsampling: downsamplingOf(config), resolve: resolveQuantizedAutoencoderConfig });
    const sizes = sizesOf(config);
    const output = { outputChannels: sizes.latentChannels };
    this.encoder = this.child("encoder", new Encoder(sizes, output, generator.fork("encoder")));
    this.quantizer = this.child("quantizer", quantizerFromConfig(config.quantizer, generator.fork("quantizer")));
    this.decoder = this.child("decoder", new Decoder(sizes, generator.fork("decoder")));
  }
}
