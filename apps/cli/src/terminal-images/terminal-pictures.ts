/** Pictures in the terminal, in the best way it has or the one asked for. */
import { encodePng, type Picture } from "@interfuse/data";
import { type Environment, findProtocol, type ImageProtocol, isInTmux } from "./find-protocol.ts";
import { halfBlocks } from "./half-blocks.ts";
import { iterm2Image } from "./iterm2.ts";
import { type CellArea, kittyImage, kittyImageInTmux, MAX_PLACEHOLDER_ROWS } from "./kitty.ts";
import type { TerminalStreams } from "./query-terminal.ts";
import { scaleToNearest } from "./scale.ts";
import { sixelImage } from "./sixel.ts";
import { throughTmux } from "./tmux.ts";

/** Columns of a picture, unless the terminal is narrower. */
const COLUMNS = 32;
/** Pixels of a cell where the terminal does not say; cells are about twice as high as wide. */
const CELL_WIDTH = 10;
const CELL_ASPECT = 2;
/** Ids of kitty's pictures are colours, and others choose small ones. */
const NUM_IDS = 2 ** 24;

export type TerminalPicturesOptions = {
  /** "auto" finds the best way. */
  readonly images: ImageProtocol | "auto";
  readonly environment: Environment;
  readonly streams: TerminalStreams & { readonly output: { readonly columns?: number } };
};

export class TerminalPictures {
  readonly protocol: ImageProtocol;
  readonly #options: TerminalPicturesOptions;
  #nextId = process.pid;

  private constructor(protocol: ImageProtocol, options: TerminalPicturesOptions) {
    this.protocol = protocol;
    this.#options = options;
  }

  /** Finds out how; a terminal may be asked, so nobody else may read its input meanwhile. */
  static async open(options: TerminalPicturesOptions): Promise<TerminalPictures> {
    const { images, environment, streams } = options;
    return new TerminalPictures(images === "auto" ? await findProtocol(environment, streams) : images, options);
  }

  /** What to write, with the end of the line; empty where pictures are not shown. */
  async text(picture: Picture): Promise<string> {
    const { environment, streams } = this.#options;
    // 0 where the terminal does not know its size.
    const maxColumns = streams.output.columns || 80;
    const isTmux = isInTmux(environment);
    switch (this.protocol) {
      case "none":
        return "";
      case "blocks":
        return `${halfBlocks(picture, maxColumns)}\n`;
      case "sixel": {
        const { columns } = cellArea(picture, maxColumns);
        return `${sixelImage(enlarged(picture, columns * CELL_WIDTH))}\n`;
      }
      case "iterm2": {
        const sequence = iterm2Image(await encodePng(picture), cellArea(picture, maxColumns));
        return `${isTmux ? throughTmux(sequence) : sequence}\n`;
      }
      case "kitty": {
        const png = await encodePng(picture);
        const area = cellArea(picture, maxColumns);
        if (!isTmux) return `${kittyImage(png, area)}\n`;
        this.#nextId = (this.#nextId % (NUM_IDS - 1)) + 1;
        return `${kittyImageInTmux(png, { ...area, rows: Math.min(area.rows, MAX_PLACEHOLDER_ROWS) }, this.#nextId)}\n`;
      }
    }
  }
}

function cellArea({ width, height }: Picture, maxColumns: number): CellArea {
  const columns = Math.min(COLUMNS, maxColumns);
  return { columns, rows: Math.max(1, Math.round((columns * height) / width / CELL_ASPECT)) };
}

/** As wide as may be: small pictures by a whole factor, so that their pixels stay squares. */
function enlarged(picture: Picture, maxWidth: number): Picture {
  const factor = picture.width <= maxWidth ? Math.floor(maxWidth / picture.width) : maxWidth / picture.width;
  const side = (length: number) => Math.max(1, Math.round(length * factor));
  return scaleToNearest(picture, { width: side(picture.width), height: side(picture.height) });
}
