/**
 * Philox4x32-10: a counter-based random number generator (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). A block of four 32-bit numbers is a pure function of a 128-bit counter and a 64-bit key.
 */

const NUM_ROUNDS = 10;
const KEY_STEP_0 = 0x9e3779b9 | 0;
const KEY_STEP_1 = 0xbb67ae85 | 0;
const MULTIPLIER_0 = 0xd2511f53 | 0;
const MULTIPLIER_1 = 0xcd9e8d57 | 0;

/** Where a run of blocks starts: words of the counter, lowest first, and of the key. */
export type PhiloxStart = {
  counter: readonly [number, number, number, number];
  key: readonly [number, number];
};

/**
 * Fills `out` with consecutive blocks; the low 64 bits of the counter go up by one from block to block.
 * @param out its length is a multiple of 4.
 */
export function philox4x32(out: Uint32Array, { counter, key }: PhiloxStart): void {
  let blockLow = counter[0] >>> 0;
  let blockHigh = counter[1] | 0;
  for (let at = 0; at < out.length; at += 4) {
    let c0 = blockLow | 0;
    let c1 = blockHigh;
    let c2 = counter[2] | 0;
    let c3 = counter[3] | 0;
    let k0 = key[0] | 0;
    let k1 = key[1] | 0;
    for (let round = 0; round < NUM_ROUNDS; round++) {
      const high0 = multiplyHigh(MULTIPLIER_0, c0);
      const high1 = multiplyHigh(MULTIPLIER_1, c2);
      const low0 = Math.imul(MULTIPLIER_0, c0);
      const low1 = Math.imul(MULTIPLIER_1, c2);
      c0 = high1 ^ c1 ^ k0;
      c1 = low1;
      c2 = high0 ^ c3 ^ k1;
      c3 = low0;
      k0 = (k0 + KEY_STEP_0) | 0;
      k1 = (k1 + KEY_STEP_1) | 0;
    }
    out[at] = c0;
    out[at + 1] = c1;
    out[at + 2] = c2;
    out[at + 3] = c3;
    blockLow = (blockLow + 1) >>> 0;
    if (blockLow === 0) blockHigh = (blockHigh + 1) | 0;
  }
}

/** The high 32 bits of the product of two unsigned 32-bit numbers, from products of their halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const carry = Math.imul(aLow, bLow) >>> 16;
  const middle = (Math.imul(aHigh, bLow) + carry) | 0; // at most (2^16 - 1) 2^16, so no bit is lost
  const middleLow = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (middleLow >>> 16)) | 0;
}
