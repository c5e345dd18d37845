import { type Column, fixed, percent } from "../tables.ts";

/** Features are small numbers, and so are their distances. */
export const RFID: Column = { figure: "rfid", title: "rFID x 1000", format: (value) => (1000 * value).toFixed(2) };

/** How close reconstructions are. */
export const QUALITY: readonly Column[] = [
  { figure: "psnr", title: "PSNR, dB", format: fixed(2) },
  { figure: "ssim", title: "SSIM", format: fixed(4) },
  { figure: "perceptual", title: "perceptual", format: fixed(4) },
  RFID,
];

/** How codes are used. */
export const CODES: readonly Column[] = [
  { figure: "usage", title: "usage", format: percent },
  { figure: "perplexity", title: "perplexity", format: fixed(1) },
];

/** What a run cost: median processor time of a step. */
export const COST: readonly Column[] = [{ figure: "stepSeconds", title: "s a step", format: fixed(3) }];

/** PSNR after each of `numStages`. */
export function stageColumns(numStages: number): Column[] {
  return Array.from({ length: numStages }, (_, index) => ({
    figure: `stage${index + 1}`,
    title: `after ${index + 1}`,
    format: fixed(2),
  }));
}
