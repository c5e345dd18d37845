/**
 * Gradients by a reverse sweep of our own over the TensorFlow.js tape. `tf.grads` keeps every intermediate result until
 * its end and cannot run inside a custom gradient; this frees as it goes, nests, and calls back per parameter.
 */
import { tf } from "../tf.ts";
import { sweep } from "./sweep.ts";
import { isFromCurrentScope, isTapeOn, record, recordOnOuterTape, type TapeNode, withoutTape } from "./tape.ts";

/** What a differentiated function returns: the scalar to differentiate, and tensors to hand back with it. */
export type Outputs = { loss: tf.Tensor };

/** What `valueAndGrads` gives: what the function returned, and a gradient for every parameter name. */
export type ValueAndGrads<T extends Outputs> = { outputs: T; gradients: Map<string, tf.Tensor> };

/** Options of `valueAndGrads`. */
export type ValueAndGradsOptions = {
  /**
   * Called once per parameter as soon as its gradient is complete, while the rest of the sweep still lies ahead. The
   * callback owns the gradient and disposes it; `gradients` comes back empty.
   */
  onGradient?: (name: string, gradient: tf.Tensor) => void;
};

/**
 * Runs `f` and differentiates its scalar `loss` with respect to `parameters`, which `f` uses by closure.
 *
 * The tensors anywhere in what `f` returns survive (as with `tf.tidy`), every other one that it made is freed. A parameter that the loss does not reach
 * gets a gradient of zeros. Values that are not finite are returned like any others. Inside a custom gradient this works
 * on a tape of its own. Under a tape that is on, everything here is recorded on that tape, so that these gradients can be
 * differentiated again; fused ops other than `conv2d` and `linear` refuse that, and memory is held until the outer sweep.
 * @throws RangeError when the loss is not a scalar; Error when it depends on none of the parameters, or through an
 *   operation without a gradient. Nothing is left behind then, except gradients that a callback has taken.
 */
export function valueAndGrads<T extends Outputs>(
  f: () => T,
  parameters: ReadonlyMap<string, tf.Variable | tf.Tensor>,
  { onGradient }: ValueAndGradsOptions = {},
): ValueAndGrads<T> {
  const gradients = new Map<string, tf.Tensor>();
  const deliver = onGradient ?? ((name, gradient) => void gradients.set(name, gradient));
  if (isTapeOn()) {
    const { result, tape } = recordOnOuterTape(f);
    sweepToParameters({ tape, loss: result.loss, parameters, deliver, free: () => {} });
    return { outputs: result, gradients };
  }
  const { outputs, tape, made } = recordInScope(f);
  const returned = new Set(tf.tensor_util.getTensorsInContainer(outputs));
  const free = (node: TapeNode): void => {
    tf.dispose(node.saved);
    for (const output of node.outputs) if (!output.kept && !returned.has(output)) output.dispose();
  };
  try {
    withoutTape(() => sweepToParameters({ tape, loss: outputs.loss, parameters, deliver, free }));
  } catch (error) {
    tf.dispose([...made, ...gradients.values()]);
    throw error;
  }
  return { outputs, gradients };
}

/** Records `f`; of what it made, the returned tensors (`made`) and the results of recorded operations live on. */
function recordInScope<T extends Outputs>(f: () => T): { outputs: T; tape: TapeNode[]; made: tf.Tensor[] } {
  let recorded: { outputs: T; tape: TapeNode[]; made: tf.Tensor[] } | undefined;
  tf.tidy(() => {
    const { result: outputs, tape } = record(f);
    const returned = tf.tensor_util.getTensorsInContainer(outputs);
    recorded = { outputs, tape, made: returned.filter(isFromCurrentScope) };
    return [...returned, ...tape.flatMap((node) => node.outputs)];
  });
  return recorded!;
}

type SweepToParameters = {
  tape: TapeNode[];
  loss: tf.Tensor;
  parameters: ReadonlyMap<string, tf.Tensor>;
  deliver: (name: string, gradient: tf.Tensor) => void;
  free: (node: TapeNode) => void;
};

function sweepToParameters({ tape, loss, parameters, deliver, free }: SweepToParameters): void {
  const namesOf = new Map<number, string[]>();
  for (const [name, { id }] of parameters) namesOf.set(id, [...(namesOf.get(id) ?? []), name]);
  const missing = new Set(parameters.keys());
  const onGradient = (id: number, gradient: tf.Tensor): void => {
    const [first, ...others] = namesOf.get(id)!;
    for (const name of namesOf.get(id)!) missing.delete(name);
    const copies = others.map((name) => ({ name, copy: gradient.clone() }));
    deliver(first!, gradient);
    for (const { name, copy } of copies) deliver(name, copy);
  };
  const isScalar = loss instanceof tf.Tensor && loss.size === 1 && loss.dtype === "float32";
  const seed = isScalar ? tf.onesLike(loss) : undefined;
  if (seed === undefined) {
    for (const node of tape) free(node);
    throw new RangeError(
      `valueAndGrads: loss (${loss instanceof tf.Tensor ? `${loss.dtype} of shape [${loss.shape}]` : loss}) must be a float32 scalar`,
    );
  }
  try {
    sweep({ tape, target: loss, seed, sources: [...parameters.values()], free, onGradient });
  } finally {
    seed.dispose();
  }
  if (missing.size === parameters.size) {
    throw new Error(
      `valueAndGrads: the loss depends on none of the ${parameters.size} parameters; compute it inside f, and inside tf.customGrad only from inputs`,
    );
  }
  for (const name of missing) deliver(name, tf.zeros(parameters.get(name)!.shape));
}
