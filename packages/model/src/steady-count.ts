/**
 * Rounds a count up so that few different ones occur: at most 1/8 more, 8 counts an octave, below 16 itself.
 *
 * Rows hold ever different numbers of images and of text targets, and libtorch compiles, and keeps, a program for every
 * new extent of a product or convolution: padding keeps them few.
 */
export function steadyCount(count: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(count)) - 3);
  return Math.ceil(count / step) * step;
}

/** The list with its first entry repeated at the end, up to `steadyCount`. */
export function padToSteadyCount<T>(list: readonly T[]): readonly T[] {
  const padding = steadyCount(list.length) - list.length;
  return padding === 0 ? list : [...list, ...new Array<T>(padding).fill(list[0] as T)];
}
