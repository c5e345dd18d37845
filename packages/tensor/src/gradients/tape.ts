/**
 * The part of TensorFlow.js that is private and that the gradient sweep stands on: the engine's tape, its scope and
 * how it saves what gradients need. Read in tfjs-core 4.22 (`engine.ts`, `tape.ts`); another version is refused until
 * someone has read that one.
 */
import { tf } from "../tf.ts";

/** One recorded operation. `gradient` gives a function per input; `saved` are tensors that only this node holds. */
export type TapeNode = {
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  saved: tf.Tensor[];
  gradient?: (outputGradients: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
};

type Recording = { activeTape: TapeNode[] | null; gradientDepth: number; kernelDepth: number };
type EngineState = Recording & { activeScope: { id: number } };
type SavingEngine = { saveTensorsForBackwardMode(tensors: tf.Tensor[]): tf.Tensor[] };

const READ_VERSION = "4.22.";
let isVersionChecked = false;

function engineState(): EngineState {
  if (!isVersionChecked) {
    const version = tf.version["tfjs-core"];
    if (!version.startsWith(READ_VERSION)) {
      throw new Error(`valueAndGrads: @tensorflow/tfjs (=${version}) must be 4.22; install @tensorflow/tfjs@4.22`);
    }
    isVersionChecked = true;
  }
  return tf.engine().state as unknown as EngineState;
}

/** Whether operations are being recorded now, for a gradient that somebody else will take. */
export function isTapeOn(): boolean {
  return tf.engine().isTapeOn();
}

/** Whether a tensor was made in the innermost `tidy` scope, which must exist. */
export function isFromCurrentScope(tensor: tf.Tensor): boolean {
  return tensor.scopeId === engineState().activeScope.id;
}

/**
 * Runs `f` and records its operations on a tape of their own, whatever else the engine is in the middle of. When `f`
 * throws, what the tape has saved is freed.
 */
export function record<T>(f: () => T): { result: T; tape: TapeNode[] } {
  const tape: TapeNode[] = [];
  try {
    const recording = { activeTape: tape, gradientDepth: 1, kernelDepth: 0 };
    return { result: withRecording(recording, () => withCheapSaving(f)), tape };
  } catch (error) {
    for (const { saved } of tape) tf.dispose(saved);
    throw error;
  }
}

/**
 * Runs `f` with the engine saving what gradients will need by reference. Its own way is an `Identity` operation for each, a
 * third of all operations of a training step, each of which comes on the tape, too.
 */
function withCheapSaving<T>(f: () => T): T {
  const engine = tf.engine() as unknown as SavingEngine;
  const { saveTensorsForBackwardMode } = engine;
  engine.saveTensorsForBackwardMode = (tensors) => tensors.map((tensor) => tf.keep(twin(tensor)));
  try {
    return f();
  } finally {
    engine.saveTensorsForBackwardMode = saveTensorsForBackwardMode;
  }
}

/** Another tensor of the same data that tapes take for the same tensor: what is computed from it has gradients for that one. */
function twin({ dataId, shape, dtype, id }: tf.Tensor): tf.Tensor {
  tf.backend().incRef(dataId);
  return Object.assign(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }), { id });
}

/** Runs `f` under the tape that is on, and gives the part of that tape that it wrote. */
export function recordOnOuterTape<T>(f: () => T): { result: T; tape: TapeNode[] } {
  const outerTape = engineState().activeTape!;
  const start = outerTape.length;
  const result = f();
  return { result, tape: outerTape.slice(start) };
}

/** A copy of the tape that is on. */
export function tapeSoFar(): TapeNode[] {
  return [...engineState().activeTape!];
}

/** Runs `f` with nothing recorded. */
export function withoutTape<T>(f: () => T): T {
  return withRecording({ activeTape: null, gradientDepth: 0, kernelDepth: 0 }, f);
}

function withRecording<T>(temporary: Recording, f: () => T): T {
  const state = engineState();
  const { activeTape, gradientDepth, kernelDepth } = state;
  Object.assign(state, temporary);
  try {
    return f();
  } finally {
    Object.assign(state, { activeTape, gradientDepth, kernelDepth });
  }
}
