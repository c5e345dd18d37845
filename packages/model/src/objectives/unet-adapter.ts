/**
 * A small U-Net around the backbone: convolutions at twice the resolution of the token grid on the way in and on the way
 * out, with a skip past the backbone. The backbone decides what goes where; the convolutions draw it.
 *
 *     cells -> conv -> residual block ---------------- skip ---------------+
 *                          | 2x2 cells -> token                            v
 *                          +--> backbone --> token -> 2x2 cells -> concat, conv -> residual block -> cells
 *
 * A cell is a quarter of a patch.
 */
// P patches, F values of a patch, D model dim, I images, C channels
import { type Generator, initNormal, initZeros, linear, Module, tf } from "@interfuse/tensor";
import { imageOfPatch } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import { cellsToRows, patchesToRows, rowsToCells, rowsToPatches } from "./cells.ts";
import { conv3x3, NormSilu } from "./convolution.ts";
import type { AdapterCarry, AdapterInput, AdapterOutput, CarriedGroup, PatchAdapter } from "./patch-adapter.ts";
import { ResidualBlock } from "./residual-block.ts";
import { mapSizeGroups } from "./size-groups.ts";

/** Extents of a U-Net adapter. */
export interface UnetAdapterSizes {
  /** Even: a patch is 2x2 cells. */
  readonly patchSize: number;
  readonly latentChannels: number;
  /** Channels of the convolutions, a multiple of 8. */
  readonly numChannels: number;
  readonly modelDim: number;
}

/** See the file's header. */
export class UnetAdapter extends Module implements PatchAdapter {
  readonly #patchSize: number;
  readonly #stem: tf.Variable;
  readonly #down: ResidualBlock;
  readonly #toToken: tf.Variable;
  readonly #fromToken: tf.Variable;
  readonly #merge: tf.Variable;
  readonly #up: ResidualBlock;
  readonly #outputNorm: NormSilu;
  readonly #output: tf.Variable;
  readonly #outputBias: tf.Variable;

  constructor({ patchSize, latentChannels, numChannels, modelDim }: UnetAdapterSizes, generator: Generator) {
    super();
    this.#patchSize = patchSize;
    const cellSize = (patchSize / 2) ** 2 * latentChannels;
    const weight = (name: string, shape: number[], numInputs: number) =>
      this.parameter(`${name}.weight`, initNormal(generator.fork(name), shape, 1 / Math.sqrt(numInputs)));
    const block = (name: string) => this.child(name, new ResidualBlock(numChannels, modelDim, generator.fork(name)));
    this.#stem = weight("stem", [3, 3, cellSize, numChannels], 9 * cellSize);
    this.#down = block("down");
    this.#toToken = weight("to_token", [modelDim, 4 * numChannels], 4 * numChannels);
    this.#fromToken = weight("from_token", [4 * numChannels, modelDim], modelDim);
    this.#merge = weight("merge", [3, 3, 2 * numChannels, numChannels], 18 * numChannels);
    this.#up = block("up");
    this.#outputNorm = this.child("output_norm", new NormSilu(numChannels));
    this.#output = this.parameter("output.weight", initZeros([cellSize, numChannels]));
    this.#outputBias = this.parameter("output.bias", initZeros([cellSize]));
  }

  enter({ patches_PF, grids, time_ID: allTimes_ID }: AdapterInput): AdapterOutput {
    const carry: CarriedGroup[] = [];
    const tokens_PD = mapSizeGroups(patches_PF, grids, (patches, { images, grid }) => {
      const time_ID = pickImages(allTimes_ID, images);
      const stem = conv3x3(rowsToCells(patchesToRows(patches, this.#patchSize), grid), this.#stem);
      const features = this.#down.forward(stem, time_ID);
      carry.push({ images, grid, features, time_ID });
      return linear(cellsToRows(features, grid), this.#toToken, { float32Output: true });
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
    const fromBackbone = rowsToCells(linear(hidden_PD, this.#fromToken), group.grid);
    const merged = conv3x3(tf.concat([fromBackbone, pickImages(group.features, members)], 3), this.#merge);
    const drawn = this.#outputNorm.forward(this.#up.forward(merged, pickImages(group.time_ID, members)));
    const values = linear(drawn, this.#output, { bias: this.#outputBias, float32Output: true });
    return rowsToPatches(cellsToRows(values, group.grid), this.#patchSize);
  }
}

/** Picks along the first axis; all of it, in order, is `x` itself. */
function pickImages<T extends tf.Tensor>(x: T, images: readonly number[]): T {
  const [count = 0, ...rest] = x.shape;
  if (images.length === count && images.every((image, index) => image === index)) return x;
  const picked = gatherRows(x.reshape([count, -1]), Int32Array.from(images));
  return picked.reshape([images.length, ...rest]) as tf.Tensor as T;
}
