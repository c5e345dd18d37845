/** The optimizer that a recipe asks for. */
import type { tf } from "@interfuse/tensor";
import { AdamW, type AdamWConfig, type MuonConfig, MuonWithAdamW, type Optimizer } from "@interfuse/training";

/** AdamW's settings; with `muon` hidden layers are updated by Muon, and AdamW takes the rest: embeddings, heads, norms. */
export type OptimizerConfig = AdamWConfig & { readonly muon: MuonConfig | null };

/** The hidden layers of a model: what Muon is made for. */
const HIDDEN_LAYERS =
  /^(backbone\.layers|objective\.adapter\.(levels|to_token|upward)|(en|de)coder\.(levels|middle))\./;

/** @throws RangeError when a setting is out of its range; Error when Muon is asked for and nothing is for it. */
export function makeOptimizer(parameters: ReadonlyMap<string, tf.Variable>, config: OptimizerConfig): Optimizer {
  const { muon, ...adamw } = config;
  if (muon === null) return new AdamW(parameters, adamw);
  const hidden = [...parameters].filter(([name, { rank }]) => rank >= 2 && HIDDEN_LAYERS.test(name));
  if (hidden.length === 0) throw new Error("optimizer.muon: no parameter is one of its hidden layers; set it to null");
  return new MuonWithAdamW(parameters, { muon, adamw, hidden: new Set(hidden.map(([name]) => name)) });
}
