import type { Generator } from "@interfuse/tensor";
import { resolveQuantizerConfig } from "./config.ts";
import { FiniteScalarQuantizer } from "./finite-scalar-quantizer.ts";
import { LookupFreeQuantizer } from "./lookup-free-quantizer.ts";
import { MultiScaleVectorQuantizer } from "./multi-scale-vector-quantizer.ts";
import type { Quantizer } from "./quantizer.ts";
import { ResidualVectorQuantizer } from "./residual-vector-quantizer.ts";
import { VectorQuantizer } from "./vector-quantizer.ts";

/**
 * A new quantizer with initial codes.
 *
 * @param input As a quantizer's `config`, what a caller writes, or parsed from JSON.
 * @param generator First values of codebooks; not used where there is none.
 * @throws as {@link resolveQuantizerConfig}.
 */
export function quantizerFromConfig(input: unknown, generator: Generator): Quantizer {
  const config = resolveQuantizerConfig(input);
  switch (config.type) {
    case "vector":
      return new VectorQuantizer(config, generator);
    case "finite-scalar":
      return new FiniteScalarQuantizer(config);
    case "lookup-free":
      return new LookupFreeQuantizer(config);
    case "residual":
      return new ResidualVectorQuantizer(config, generator);
    case "multi-scale":
      return new MultiScaleVectorQuantizer(config, generator);
  }
}
