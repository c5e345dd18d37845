/**
 * Numbers that this file and bfloat16_errors.py make alike: (the top byte of MurmurHash3's mixer of the index - 128) / 64, which
 * lie in [-2, 2) and which bfloat16 holds exactly.
 */
export function hashedValues(size: number, seed: number): Float32Array {
  const start = Math.imul(seed, 0x9e3779b9);
  return Float32Array.from({ length: size }, (_, index) => {
    let hash = (start + index) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    return ((hash >>> 24) - 128) / 64;
  });
}

/** The seed of the incoming gradient; inputs have their position among the inputs. */
export const DY_SEED = 99;
