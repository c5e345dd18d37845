/**
 * A part of a model: owns its variables under names, and its child modules. A variable's full name is the path to it
 * ("layers.0.mlp.down.weight"). The TensorFlow.js variables themselves stay anonymous, since their names are global.
 *
 * Parameters are what an optimizer moves. Buffers (running statistics) are saved and loaded with them, and nothing else.
 */
import { type HostTensor, hostTensorToFloat32 } from "./safetensors/host-tensor.ts";
import { tf } from "./tf.ts";

/** Base class of everything with parameters. Subclasses add them in their constructor. */
export abstract class Module {
  readonly #parameters = new Map<string, tf.Variable>();
  readonly #buffers = new Map<string, tf.Variable>();
  readonly #children = new Map<string, Module>();

  /** Adds a trainable variable [shape of `initial`]. Takes ownership of `initial`. @throws RangeError for a taken name. */
  protected parameter(name: string, initial: tf.Tensor): tf.Variable {
    return this.#own(this.#parameters, name, { initial, isTrainable: true });
  }

  /** Adds a variable that no optimizer moves but that is saved, as {@link parameter} otherwise. */
  protected buffer(name: string, initial: tf.Tensor): tf.Variable {
    return this.#own(this.#buffers, name, { initial, isTrainable: false });
  }

  #own(
    variables: Map<string, tf.Variable>,
    name: string,
    { initial, isTrainable }: { initial: tf.Tensor; isTrainable: boolean },
  ): tf.Variable {
    this.#claim(name);
    const variable = tf.variable(initial, isTrainable);
    initial.dispose();
    variables.set(name, variable);
    return variable;
  }

  /** Adds a child module and returns it. @throws RangeError for a taken name. */
  protected child<M extends Module>(name: string, module: M): M {
    this.#claim(name);
    this.#children.set(name, module);
    return module;
  }

  #claim(name: string): void {
    if (name === "" || this.#parameters.has(name) || this.#buffers.has(name) || this.#children.has(name)) {
      throw new RangeError(`${this.constructor.name}: "${name}" must be a new, non-empty name among its parts`);
    }
  }

  /** Every parameter of this module and its children by dotted name, in the order they were added. */
  parameters(): Map<string, tf.Variable> {
    const all = new Map(this.#parameters);
    for (const [childName, child] of this.#children) {
      for (const [name, variable] of child.parameters()) all.set(`${childName}.${name}`, variable);
    }
    return all;
  }

  /** Every buffer of this module and its children by dotted name, in the order they were added. */
  buffers(): Map<string, tf.Variable> {
    const all = new Map(this.#buffers);
    for (const [childName, child] of this.#children) {
      for (const [name, variable] of child.buffers()) all.set(`${childName}.${name}`, variable);
    }
    return all;
  }

  /** Parameters, then buffers: everything that a file of weights holds. */
  state(): Map<string, tf.Variable> {
    return new Map([...this.parameters(), ...this.buffers()]);
  }

  /** How many numbers the parameters hold. */
  numParameters(): number {
    return [...this.parameters().values()].reduce((total, { size }) => total + size, 0);
  }

  /**
   * Replaces the values of every parameter and buffer by the tensor of its name, converted to float32. All names and shapes are checked
   * before anything changes.
   * @throws RangeError listing every missing, unknown and wrongly shaped tensor.
   */
  loadParameters(tensors: ReadonlyMap<string, HostTensor>): void {
    const state = this.state();
    const problems = [
      ...[...tensors.keys()].filter((name) => !state.has(name)).map((name) => `"${name}" is unknown`),
      ...[...state].flatMap(([name, { shape }]) => {
        const tensor = tensors.get(name);
        if (tensor === undefined) return [`"${name}" [${shape}] is missing`];
        if (tf.util.arraysEqual(tensor.shape, shape)) return [];
        return [`"${name}" has shape [${tensor.shape}] instead of [${shape}]`];
      }),
    ];
    if (problems.length > 0) {
      throw new RangeError(`${this.constructor.name}: the tensors do not fit this model: ${problems.join("; ")}`);
    }
    for (const [name, variable] of state) {
      tf.tidy(() => variable.assign(tf.tensor(hostTensorToFloat32(tensors.get(name)!), variable.shape)));
    }
  }

  /** Frees every parameter and buffer. The module must not be used afterwards. */
  dispose(): void {
    for (const variable of this.state().values()) variable.dispose();
  }
}
