import type { Generator } from "@interfuse/tensor";
import { Layer } from "./layer.ts";
import type { Step } from "./steps.ts";

/** Layers one after the other, children under the names that they are added by. */
export abstract class LayerSequence extends Layer {
  readonly #layers: Layer[] = [];
  readonly #generator: Generator;

  /** @param generator Initial weights; a layer's come from its fork by the layer's name. */
  protected constructor(generator: Generator) {
    super();
    this.#generator = generator;
  }

  /** Makes a layer and puts it last. */
  protected add(name: string, make: (generator: Generator) => Layer): void {
    this.#layers.push(this.child(name, make(this.#generator.fork(name))));
  }

  steps(): readonly Step[] {
    return this.#layers.flatMap((layer) => layer.steps());
  }
}
