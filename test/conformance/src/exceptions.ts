/** Why a spec does not apply to `torch`, by kernel; everything else must pass. */

const STRINGS = "computes on strings, which no native tensor holds; ours come from the text tokenizer as integers";
const RAGGED = "ragged tensors, which TensorFlow.js itself only has as lists of tensors";

/** Kernels that `torch` leaves out, with the reason. */
export const EXCEPTED_KERNELS: Readonly<Record<string, string>> = {
  Draw: "draws on a browser's canvas",
  RaggedGather: RAGGED,
  RaggedRange: RAGGED,
  RaggedTensorToTensor: RAGGED,
  StaticRegexReplace: STRINGS,
  StringNGrams: STRINGS,
  StringSplit: STRINGS,
  StringToHashBucketFast: STRINGS,
};
