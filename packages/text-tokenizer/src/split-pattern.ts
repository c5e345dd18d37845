/**
 * Regular expressions that cut text into the pieces within which byte pairs may merge. They are written so that Rust
 * (tiktoken), Oniguruma (Hugging Face tokenizers) and JavaScript read the same source the same way: contractions spell
 * out both cases instead of using the inline flag `(?i:)`, which JavaScript lacks.
 */

const CONTRACTION = "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])";
const UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
const LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

/** The split patterns that `trainBpe` knows, by name. */
export const SPLIT_PATTERNS = {
  /** As GPT-2: words, numbers and punctuation, each with the space before it. */
  gpt2: "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  /** As o200k_base: also cuts camelCase, keeps combining marks with their letters, and numbers to three digits. */
  o200k: [
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+(?:${CONTRACTION})?`,
    `[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*(?:${CONTRACTION})?`,
    "\\p{N}{1,3}",
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*",
    "\\s*[\\r\\n]+",
    "\\s+(?!\\S)",
    "\\s+",
  ].join("|"),
} as const;

/** Name of a split pattern. */
export type SplitPatternName = keyof typeof SPLIT_PATTERNS;

/**
 * Compiles a pattern of `SPLIT_PATTERNS` for JavaScript. JavaScript's `\s` contains U+FEFF and lacks U+0085, unlike that
 * of Rust, so both classes are replaced by the Unicode property they mean there.
 */
export function splitRegExp(pattern: string): RegExp {
  return new RegExp(pattern.replaceAll("\\s", "\\p{White_Space}").replaceAll("\\S", "\\P{White_Space}"), "gu");
}
