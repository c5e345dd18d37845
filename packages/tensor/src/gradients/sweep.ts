/**
 * The reverse sweep: walks a tape from its end and passes gradients back. Unlike TensorFlow.js's own it lets go of every
 * saved tensor and intermediate result as soon as their node is done, touches only nodes between the sources and the
 * target, and reports a source's gradient the moment no node ahead can add to it.
 */
import { tf } from "../tf.ts";
import { isFromCurrentScope, type TapeNode } from "./tape.ts";

/** What `sweep` walks and whom it tells. */
export type SweepInputs = {
  tape: TapeNode[];
  target: tf.Tensor;
  /** The gradient of the target; stays the caller's. */
  seed: tf.Tensor;
  /** The tensors whose gradients are wanted. */
  sources: readonly tf.Tensor[];
  /** Frees a node that has been passed. */
  free: (node: TapeNode) => void;
  /** Gets each gradient once, with its ownership; never called for a source that the target does not reach. */
  onGradient: (sourceId: number, gradient: tf.Tensor) => void;
};

/** Runs the sweep. @throws Error when an operation on the way has no gradient; all nodes are freed then, too. */
export function sweep({ tape, target, seed, sources, free, onGradient }: SweepInputs): void {
  const { isOnPath, reached, lastUses } = findPath(tape, target, sources);
  const gradients = new Map<number, tf.Tensor>();
  if (reached.has(target.id)) gradients.set(target.id, seed.clone());
  const report = (ids: readonly number[] = []): void => {
    for (const id of ids) {
      const gradient = gradients.get(id);
      gradients.delete(id);
      if (gradient) onGradient(id, gradient);
    }
  };
  let index = tape.length - 1;
  try {
    if (sources.includes(target)) report([target.id]);
    for (; index >= 0; index--) {
      const node = tape[index]!;
      if (isOnPath[index]) {
        passBack(node, { reached, gradients });
        report(lastUses.get(index));
      }
      free(node);
    }
  } finally {
    for (; index >= 0; index--) free(tape[index]!);
    tf.dispose([...gradients.values()]);
  }
}

/** Which nodes lie between sources and target, what the sources reach, and the sources whose last use a node is. */
function findPath(tape: TapeNode[], target: tf.Tensor, sources: readonly tf.Tensor[]) {
  const waiting = new Set(sources.map(({ id }) => id));
  const reached = new Set(waiting);
  const isOnPath = tape.map(({ inputs, outputs }) => {
    const isReached = Object.values(inputs).some(({ id }) => reached.has(id));
    if (isReached) for (const { id } of outputs) reached.add(id);
    return isReached;
  });
  const leadsToTarget = new Set([target.id]);
  for (let index = tape.length - 1; index >= 0; index--) {
    const { inputs, outputs } = tape[index]!;
    isOnPath[index] &&= outputs.some(({ id }) => leadsToTarget.has(id));
    if (isOnPath[index]) for (const { id } of Object.values(inputs)) leadsToTarget.add(id);
  }
  // Seen from the sweep, the last node to use a source is the first on the tape.
  const lastUses = new Map<number, number[]>();
  for (const [index, { inputs }] of tape.entries()) {
    if (!isOnPath[index]) continue;
    const ids = Object.values(inputs).flatMap(({ id }) => (waiting.delete(id) ? [id] : []));
    if (ids.length > 0) lastUses.set(index, ids);
  }
  return { isOnPath, reached, lastUses };
}

/** Turns the gradients of a node's outputs into gradients of its inputs, added to what they have so far. */
function passBack(
  node: TapeNode,
  { reached, gradients }: { reached: ReadonlySet<number>; gradients: Map<number, tf.Tensor> },
): void {
  const outputGradients = node.outputs.map(({ id }) => gradients.get(id) ?? null);
  if (outputGradients.every((gradient) => gradient === null)) return;
  if (node.gradient === undefined) {
    throw new Error(`valueAndGrads: the operation ${node.kernelName} has no gradient; keep it off the loss's path`);
  }
  const found = new Map<number, tf.Tensor>();
  tf.tidy(() => {
    const inputGradients = node.gradient!(outputGradients);
    const taken = new Set<tf.Tensor>();
    for (const [name, input] of Object.entries(node.inputs)) {
      if (!reached.has(input.id)) continue;
      const inputGradient = inputGradients[name]?.();
      checkGradient(node.kernelName, name, { input, inputGradient });
      const earlier = found.get(input.id) ?? gradients.get(input.id);
      if (earlier !== undefined) {
        found.set(input.id, tf.add(earlier, inputGradient!));
        continue;
      }
      // A gradient function may hand back a tensor that is not ours to free: its argument, a constant, one given twice.
      const isOurs = isFromCurrentScope(inputGradient!) && !taken.has(inputGradient!);
      taken.add(inputGradient!);
      found.set(input.id, isOurs ? inputGradient! : inputGradient!.clone());
    }
    return [...found.values()];
  });
  for (const { id } of node.outputs) gradients.delete(id);
  tf.dispose(outputGradients.filter((gradient) => gradient !== null));
  for (const [id, gradient] of found) {
    gradients.get(id)?.dispose();
    gradients.set(id, gradient);
  }
}

function checkGradient(
  kernelName: string,
  inputName: string,
  { input, inputGradient }: { input: tf.Tensor; inputGradient: tf.Tensor | undefined },
): void {
  const where = `valueAndGrads: the gradient of ${kernelName} for its input "${inputName}"`;
  if (inputGradient === undefined) throw new Error(`${where} is not defined; keep that input off the loss's path`);
  if (inputGradient.dtype !== "float32") throw new Error(`${where} (dtype ${inputGradient.dtype}) must be float32`);
  if (!tf.util.arraysEqual(inputGradient.shape, input.shape)) {
    throw new Error(`${where} (shape [${inputGradient.shape}]) must have the input's shape [${input.shape}]`);
  }
}
