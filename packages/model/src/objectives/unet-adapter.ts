/**
 * A small U-Net around the backbone: convolutions at one or more resolutions finer than the token grid on the way in and on
 * the way out, with skips past the backbone. The backbone decides what goes where; the convolutions draw it.
 *
 *     cells -> level 0 ----------------------- skip ----------------------> level 0 -> + gain(t) * cells -> prediction
 *                 | 2x2 cells -> one                        one -> 2x2 cells   ^
 *                 +--> level 1 -------------- skip -------> level 1 -----------+
 *                         | 2x2 cells -> token                 ^ token -> 2x2 cells
 *                         +-------------> backbone ------------+
 *
 * With n levels a patch is 2ⁿ x 2ⁿ cells. The gain on the noisy cells is learnt, of the timestep alone, and zero at first:
 * it lets the prediction of a clean image near t = 0 be what came in.
 */
// P patches, F values of a patch, D model dim, I images, C channels
import { type Generator, initNormal, initZeros, linear, Module, type tf } from "@interfuse/tensor";
import { imageOfPatch } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import { mapToRows, mergeCells, rowsToMap, splitCells } from "./cells.ts";
import { NormSilu } from "./convolution.ts";
import type { AdapterCarry, AdapterInput, AdapterOutput, CarriedGroup, PatchAdapter } from "./patch-adapter.ts";
import { mapSizeGroups } from "./size-groups.ts";
import { UnetLevel } from "./unet-level.ts";

/** Extents of a U-Net adapter. */
export interface UnetAdapterSizes {
  /** A multiple of 2 to the number of levels. */
  readonly patchSize: number;
  readonly latentChannels: number;
  /** Channels of each level, multiples of 8, the finest first. */
  readonly channels: readonly number[];
  readonly modelDim: number;
}

/** See the file's header. */
export class UnetAdapter extends Module implements PatchAdapter {
  readonly #patchSize: number;
  /** Side of a cell of the finest level, in latents. */
  readonly #cellSide: number;
  /** The finest first. */
  readonly #levels: readonly UnetLevel[];
  readonly #toToken: tf.Variable;
  /** Weights from what a level gives (for the last: a token) to four cells of the level before it. */
  readonly #upward: readonly tf.Variable[];
  readonly #outputNorm: NormSilu;
  readonly #output: tf.Variable;
  readonly #outputBias: tf.Variable;
  readonly #gain: tf.Variable;
  readonly #gainBias: tf.Variable;

  constructor({ patchSize, latentChannels, channels, modelDim }: UnetAdapterSizes, generator: Generator) {
    super();
    this.#patchSize = patchSize;
    this.#cellSide = patchSize / 2 ** channels.length;
    const cellChannels = this.#cellSide ** 2 * latentChannels;
    const weight = (name: string, outputDim: number, inputDim: number) =>
      this.parameter(name, initNormal(generator.fork(name), [outputDim, inputDim], 1 / Math.sqrt(inputDim)));
    this.#levels = channels.map((numChannels, index) => {
      const inputChannels = index === 0 ? cellChannels : 4 * (channels[index - 1] as number);
      const sizes = { inputChannels, numChannels, timeDim: modelDim };
      return this.child(`levels.${index}`, new UnetLevel(sizes, generator.fork(`levels.${index}`)));
    });
    const finest = channels[0] as number;
    const coarsest = channels.at(-1) as number;
    this.#toToken = weight("to_token.weight", modelDim, 4 * coarsest);
    this.#upward = channels.map((numChannels, index) =>
      weight(`upward.${index}.weight`, 4 * numChannels, channels[index + 1] ?? modelDim),
    );
    this.#outputNorm = this.child("output_norm", new NormSilu(finest));
    this.#output = this.parameter("output.weight", initZeros([cellChannels, finest]));
    this.#outputBias = this.parameter("output.bias", initZeros([cellChannels]));
    this.#gain = this.parameter("gain.weight", initZeros([cellChannels, modelDim]));
    this.#gainBias = this.parameter("gain.bias", initZeros([cellChannels]));
  }

  enter({ patches_PF, grids, time_ID: allTimes_ID }: AdapterInput): AdapterOutput {
    const carry: CarriedGroup[] = [];
    const tokens_PD = mapSizeGroups(patches_PF, grids, (patches, { images, grid }) => {
      const time_ID = pickImages(allTimes_ID, images);
      const cells = mergeCells(splitCells(rowsToMap(patches, grid), this.#patchSize), this.#cellSide);
      const features: tf.Tensor4D[] = [];
      let x = cells;
      for (const level of this.#levels) {
        const entered = level.enter(x, time_ID);
        features.push(entered);
        x = mergeCells(entered, 2);
      }
      carry.push({ images, grid, cells, features, time_ID });
      return linear(mapToRows(x), this.#toToken, { float32Output: true });
    });
    const time_PD = gatherRows(allTimes_ID, imageOfPatch(grids));
    return { tokens_PD: tokens_PD.add<tf.Tensor2D>(time_PD), carry };
  }

  leave(hidden_PD: tf.Tensor2D, carry: AdapterCarry, images: readonly number[]): tf.Tensor2D {
    const groupOf = new Map(carry.flatMap((group) => group.images.map((image) => [image, group] as const)));
    const grids = images.map((image) => groupOf.get(image)!.grid);
    return mapSizeGroups(hidden_PD, grids, (hidden, { images: places }) => {
      const group = groupOf.get(images[places[0]!]!)!;
      const members = places.map((place) => group.images.indexOf(images[place]!));
      return this.#leaveGroup(hidden, group, members);
    });
  }

  /** `members`: which of the group's images the hidden states belong to, in their order. */
  #leaveGroup(hidden_PD: tf.Tensor2D, group: CarriedGroup, members: readonly number[]): tf.Tensor2D {
    const time_ID = pickImages(group.time_ID, members);
    let x = rowsToMap(hidden_PD, group.grid);
    for (const [index, level] of [...this.#levels.entries()].reverse()) {
      const returned = splitCells(linear(x, this.#upward[index]!), 2);
      x = level.leave(returned, pickImages(group.features[index]!, members), time_ID);
    }
    const drawn = linear(this.#outputNorm.forward(x), this.#output, { bias: this.#outputBias, float32Output: true });
    const gain_IC = linear(time_ID, this.#gain, { bias: this.#gainBias, float32Output: true });
    const [numImages, cellChannels] = gain_IC.shape;
    const kept = pickImages(group.cells, members).mul<tf.Tensor4D>(gain_IC.reshape([numImages, 1, 1, cellChannels]));
    return mapToRows(mergeCells(splitCells(drawn.add<tf.Tensor4D>(kept), this.#cellSide), this.#patchSize));
  }
}

/** Picks along the first axis; all of it, in order, is `x` itself. */
function pickImages<T extends tf.Tensor>(x: T, images: readonly number[]): T {
  const [count = 0, ...rest] = x.shape;
  if (images.length === count && images.every((image, index) => image === index)) return x;
  const picked = gatherRows(x.reshape([count, -1]), Int32Array.from(images));
  return picked.reshape([images.length, ...rest]) as tf.Tensor as T;
}
