// B batch, H height, W width, C channels
import type { Generator } from "@interfuse/tensor";
import { Convolution } from "./convolution.ts";
import { Layer } from "./layer.ts";
import { Norm } from "./norm.ts";
import type { Step } from "./steps.ts";

/** Sizes of a {@link ResidualBlock}. */
export type ResidualBlockOptions = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly normGroups: number;
};

/** `skip(x) + conv(norm(conv(norm(x))))` with SiLU after each norm; the skip is a 1x1 convolution when channels change. */
export class ResidualBlock extends Layer {
  readonly #norm1: Norm;
  readonly #conv1: Convolution;
  readonly #norm2: Norm;
  readonly #conv2: Convolution;
  readonly #skip: Convolution | undefined;

  constructor({ inputChannels, outputChannels, normGroups }: ResidualBlockOptions, generator: Generator) {
    super();
    const conv = (name: string, from: number, gain: number) =>
      new Convolution({ inputChannels: from, outputChannels, kernelSize: 3, gain }, generator.fork(name));
    this.#norm1 = this.child("norm1", new Norm(inputChannels, normGroups, "silu"));
    this.#conv1 = this.child("conv1", conv("conv1", inputChannels, 1));
    this.#norm2 = this.child("norm2", new Norm(outputChannels, normGroups, "silu"));
    // A small start keeps the sum near the skip, so that depth does not blow up the signal.
    this.#conv2 = this.child("conv2", conv("conv2", outputChannels, 0.1));
    if (inputChannels !== outputChannels) {
      this.#skip = this.child(
        "skip",
        new Convolution({ inputChannels, outputChannels, kernelSize: 1 }, generator.fork("skip")),
      );
    }
  }

  /** Maps `[B, H, W, inputChannels]` to `[B, H, W, outputChannels]`. */
  steps(): readonly Step[] {
    const branch = [this.#norm1, this.#conv1, this.#norm2, this.#conv2].flatMap((layer) => layer.steps());
    return [{ kind: "sum", branches: [this.#skip?.steps() ?? [], branch] }];
  }
}
