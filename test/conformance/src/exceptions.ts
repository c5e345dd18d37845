/** Why a spec does not apply to `torch`, by kernel or by name; everything else must pass. */

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

const EXACT = "compares or prints values that bfloat16 does not hold, without a tolerance";
const AMPLIFIED = "the computation amplifies the rounding of its inputs beyond the tolerance";

/** Specs that cannot pass when inputs are rounded to bfloat16, with the reason. */
export const BFLOAT16_EXCEPTIONS: Readonly<Record<string, string>> = {
  "encodeWeights Float32 tensors as NamedTensorMap": EXACT,
  "encodeWeights Float32 tensors as NamedTensor array": EXACT,
  "encodeWeights Mixed dtype tensors": EXACT,
  "tensor.bytes() float32 tensor": EXACT,
  "tensor.toString 2d complex64 with padding to align columns": EXACT,
  "tensor.toString 2d complex64 with padding to align columns verbose": EXACT,
  "tensor.toString 2d with padding to align columns": EXACT,
  "tensor.toString 2d with padding to align columns verbose": EXACT,
  "nonMaxSuppression NonMaxSuppressionWithScore select from three clusters with SoftNMS": AMPLIFIED,
  "nonMaxSuppressionAsync NonMaxSuppressionWithScoreAsync select from three clusters with SoftNMS": AMPLIFIED,
  "squaredDifference gradients: Tensor1D": AMPLIFIED,
  "tan numbers exceed float32 precision": AMPLIFIED,
};
