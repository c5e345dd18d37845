/** What `torch` leaves out, does not compute natively or cannot pass, and why; everything else must be there and pass. */

/** Kernels that `torch` leaves out, with the reason. */
export const OMITTED_KERNELS: Readonly<Record<string, string>> = {
  Draw: "draws on a browser's canvas",
};

const RAGGED = "JavaScript: ragged rows decide the shape";
const STRINGS = "JavaScript: strings live there";

/** What stands for a native function in the kernels that have none. */
export const KERNELS_NOT_NATIVE: Readonly<Record<string, string>> = {
  Identity: "none: another reference to the same data",
  RaggedGather: RAGGED,
  RaggedRange: RAGGED,
  RaggedTensorToTensor: RAGGED,
  StaticRegexReplace: STRINGS,
  StringNGrams: STRINGS,
  StringSplit: STRINGS,
  StringToHashBucketFast: STRINGS,
};

/** Specs that cannot pass on an accelerator, with the reason. */
export const ACCELERATOR_EXCEPTIONS: Readonly<Record<string, string>> = {
  "gather throws when index is out of bound":
    "an index is not looked at on the way to the device; outside it gives zeros",
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
