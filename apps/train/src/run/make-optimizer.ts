/** The optimizer that a recipe asks for. */
import type { tf } from "@interfuse/tensor";
import { AdamW, type AdamWConfig, type MuonConfig, MuonWithAdamW, type Optimizer } from "@interfuse/training";

/** AdamW's settings; with `muon` hidden layers are updated by Muon, and AdamW takes the rest: embeddings, heads, norms. */
export type OptimizerConfig = AdamWConfig & { readonly muon: MuonConfig | null };

/** The hidden layers of a model and of an autoencoder: what Muon is made for. Input layers of images count as such. */
const HIDDEN_LAYERS = [
  /^backbone\.layers\./,
  /^objective\.adapter\.(levels|to_token|upward)\./,
  /^(encoder|decoder)\.(input|levels|middle|attention)\./,
];

/** @throws RangeError when a setting is out of its range. */
export function makeOptimizer(parameters: ReadonlyMap<string, tf.Variable>, config: OptimizerConfig): Optimizer {
  const { muon, ...adamw } = config;
  if (muon === null) return new AdamW(parameters, adamw);
  const hidden = [...parameters].filter(
    ([name, { rank }]) => rank >= 2 && HIDDEN_LAYERS.some((names) => names.test(name)),
  );
  return new MuonWithAdamW(parameters, { muon, adamw, hidden: new Set(hidden.map(([name]) => name)) });
}
