import { UsageError } from "../config/usage-error.ts";

/** @throws UsageError when patches of a side do not divide pictures of another, naming the nearest that they do. */
export function checkSide(side: number, patchSide: number): void {
  if (side % patchSide === 0) return;
  const nearest = Math.max(1, Math.round(side / patchSide)) * patchSide;
  throw new UsageError(
    `pictures of ${side}x${side} pixels: sides must be multiples of ${patchSide}, the side of a patch; fit them with --set batch.pictureSize=${nearest}`,
  );
}
