/**
 * How a fused op finds its implementation: the current backend's own kernel where it registers one, else the
 * portable definition. The choice is made at every call, so switching backends needs no other step.
 */
import { tf } from "../tf.ts";

/** The inputs of a kernel by name; an optional input that is not given is left out. */
export type KernelInputs = Record<string, tf.Tensor>;

let portableDepth = 0;

/**
 * Runs `f` with every fused op taking its portable definition, whatever the current backend registers.
 * For comparing a kernel with its definition, and for second-order gradients, which fused kernels refuse.
 */
export function withPortableOps<T>(f: () => T): T {
  portableDepth++;
  try {
    return f();
  } finally {
    portableDepth--;
  }
}

/** Whether a call now would run the current backend's own kernel of that name. */
export function hasFusedKernel(kernelName: string): boolean {
  return portableDepth === 0 && tf.getKernel(kernelName, tf.getBackend()) != null;
}

/** Runs a kernel with one output. */
export function runKernel<T extends tf.Tensor>(kernelName: string, inputs: KernelInputs, attrs: object = {}): T {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as T;
}

/** Runs a kernel with several outputs. */
export function runKernelMany(kernelName: string, inputs: KernelInputs, attrs: object = {}): tf.Tensor[] {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as tf.Tensor[];
}

type FusedGradient = {
  kernelName: string;
  /** Names of the inputs that `gradient` needs, in the order in which it gets them. */
  inputsToSave: string[];
  /** Which outputs `gradient` needs; they follow the inputs. */
  outputsToSave?: boolean[];
  /** Says that `gradient` uses nothing but kernels with gradients of their own, and only its arguments: it may be differentiated. */
  isDifferentiable?: boolean;
  /**
   * Gives a function per differentiable input. Work that serves several inputs is done before returning, since each
   * function may run in its own scope.
   */
  gradient: (dys: tf.Tensor[], saved: tf.Tensor[], attrs: Record<string, unknown>) => Record<string, () => tf.Tensor>;
};

/**
 * Registers the gradient of a fused kernel. Differentiating that gradient again is refused, not silently wrong, unless it
 * is said to be differentiable.
 */
export function registerFusedGradient(config: FusedGradient): void {
  const { kernelName, inputsToSave, outputsToSave, isDifferentiable = false, gradient } = config;
  tf.registerGradient({
    kernelName,
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attrs) => {
      if (tf.engine().isTapeOn() && !isDifferentiable) {
        throw new Error(
          `${kernelName}: a fused kernel cannot be differentiated twice; wrap the function in withPortableOps(...)`,
        );
      }
      return gradient(Array.isArray(dy) ? dy : [dy], saved, attrs as Record<string, unknown>);
    },
  });
}

/** @throws Error when a gradient is being recorded, where an in-place update would make it silently wrong. */
export function requireNoTape(op: string): void {
  if (tf.engine().isTapeOn()) {
    throw new Error(`${op}: changes tensors in place, so it cannot run inside a function being differentiated`);
  }
}
