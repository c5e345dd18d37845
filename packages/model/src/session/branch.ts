/**
 * One sequence in the cache: where it stands, and the rows that wait for the next forward pass. A request has one branch,
 * or two under guidance. Inside a branch slots count from its segment's start; they are shifted when rows are flushed.
 */
import type { FrameTokens, Layout, PositionKind } from "../layout/layout.ts";
import type { PatchGrid } from "../layout/patch-grid.ts";
import { positionExtent, RowWriter } from "../layout/row-writer.ts";

/** Patches of one image waiting to be run. */
export interface ImageRows {
  readonly patches_PF: Float32Array;
  readonly timestep: number;
  readonly grid: PatchGrid;
  /** Their first row among the rows of the branch. */
  readonly start: number;
}

/** Rows of one branch for one forward pass; key ranges and slots index the whole cache. */
export interface BranchRows {
  readonly tokenIds: Int32Array;
  readonly positions_L3: Float32Array;
  readonly keyRanges: Int32Array;
  readonly slots: Int32Array;
  readonly images: readonly ImageRows[];
}

/** The segment of the cache that a branch owns. */
export interface Segment {
  readonly start: number;
  readonly length: number;
}

/** An image's place in the sequence while it is drawn. */
interface OpenImage {
  readonly grid: PatchGrid;
  readonly firstSlot: number;
  readonly position: number;
}

/** One sequence in the cache; see the file's header. */
export class Branch {
  readonly segment: Segment;
  readonly #frame: FrameTokens;
  readonly #positionKind: PositionKind;
  #length = 0;
  #position = 0;
  #openImage: OpenImage | undefined;
  #rows: RowWriter;
  #slots: number[] = [];
  #images: ImageRows[] = [];

  constructor(segment: Segment, { frame, positionKind }: { frame: FrameTokens; positionKind: PositionKind }) {
    this.segment = segment;
    this.#frame = frame;
    this.#positionKind = positionKind;
    this.#rows = new RowWriter(positionKind);
  }

  /** Slots still unused. */
  get room(): number {
    return this.segment.length - this.#length;
  }

  /** Opens the sequence with a prompt: its layout, without fill, and the patches of each of its images. */
  prompt(layout: Layout, cleanPatches: readonly Float32Array[]): void {
    layout.images.forEach((image, index) => {
      this.#images.push({ patches_PF: cleanPatches[index]!, timestep: 0, grid: image, start: image.start });
    });
    this.#rows.append(layout);
    this.#takeSlots(layout.length);
    this.#position = layout.positions_L3[3 * (layout.length - 1)]! + 1;
  }

  /** A text token, or a framing token. */
  token(tokenId: number): void {
    this.#rows.token(tokenId, this.#position++, [0, this.#length + 1, 0, 0]);
    this.#takeSlots(1);
  }

  /** BOI, and room for the patches that follow it. */
  openImage(grid: PatchGrid): void {
    this.token(this.#frame.boi);
    this.#openImage = { grid, firstSlot: this.#length, position: this.#position };
    this.#position += positionExtent(grid, this.#positionKind);
    this.#length += grid.numTokens;
  }

  /** The patches of the open image at some timestep; they overwrite its slots. */
  patches(patches_PF: Float32Array, timestep: number): void {
    const { grid, firstSlot, position } = this.#openImage!;
    this.#images.push({ patches_PF, timestep, grid, start: this.#rows.length });
    this.#rows.patches(this.#frame.fill, grid, position, [0, firstSlot + grid.numTokens, 0, 0]);
    for (let patch = 0; patch < grid.numTokens; patch++) {
      this.#slots.push(firstSlot + patch);
    }
  }

  /** The finished image, clean, and EOI: what later text sees. */
  closeImage(cleanPatches_PF: Float32Array): void {
    this.patches(cleanPatches_PF, 0);
    this.#openImage = undefined;
    this.token(this.#frame.eoi);
  }

  /** The waiting rows, which wait no longer. */
  flush(): BranchRows {
    const { start } = this.segment;
    const { keyRanges, ...rows } = this.#rows.finish();
    const flushed = {
      ...rows,
      keyRanges: keyRanges.map((key) => key + start),
      slots: Int32Array.from(this.#slots, (slot) => slot + start),
      images: this.#images,
    };
    this.#rows = new RowWriter(this.#positionKind);
    this.#slots = [];
    this.#images = [];
    return flushed;
  }

  #takeSlots(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#slots.push(this.#length++);
    }
  }
}
