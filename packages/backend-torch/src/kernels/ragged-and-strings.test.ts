import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { torchInfo } from "../register.ts";
import { outcomeOn, useTorch } from "../testing.ts";

beforeAll(useTorch);

const words = (): tf.Tensor1D => tf.tensor1d(["über", "a b", "", "雨 の 日"]);
/** Rows of three, none and one. */
const splits = (): tf.Tensor1D => tf.tensor1d([0, 3, 3, 4], "int32");
const gather = (values: tf.Tensor): tf.Tensor[] => {
  const { outputNestedSplits, outputDenseValues } = tf.raggedGather(
    [splits()],
    values,
    tf.tensor1d([2, 0], "int32"),
    1,
  );
  return [...outputNestedSplits, outputDenseValues];
};

const programs: Record<string, () => tf.Tensor[]> = {
  "ragged gather of numbers": () => gather(tf.tensor1d([0.5, -1, 2, 7])),
  "ragged gather of bool": () => gather(tf.tensor1d([true, false, true, true], "bool")),
  "ragged range": () => Object.values(tf.raggedRange(tf.tensor1d([0, 5]), tf.tensor1d([1, 2]), tf.tensor1d([0.5, -1]))),
  "rows to a tensor": () => [
    tf.raggedTensorToTensor(
      tf.tensor1d([3, 3], "int32"),
      tf.tensor1d([1, 2, 3, 4], "int32"),
      tf.scalar(-1, "int32"),
      [splits()],
      ["ROW_SPLITS"],
    ),
  ],
  "rows with a default that is broadcast": () => [
    tf.raggedTensorToTensor(
      tf.tensor1d([2, 2, 2], "int32"),
      tf.tensor2d([[1, 2]]),
      tf.tensor1d([8, 9]),
      [tf.tensor1d([0, 1, 1], "int32")],
      ["ROW_SPLITS"],
    ),
  ],
  "replaced, then moved natively": () => [tf.slice(tf.string.staticRegexReplace(words(), "[a ]", "é"), 1)],
  "n-grams": () => Object.values(tf.string.stringNGrams(words(), splits(), "|", [1, 2], "<", ">", -1, false)),
  split: () => Object.values(tf.string.stringSplit(words(), " ")),
  "hash buckets": () => [tf.string.stringToHashBucketFast(words(), 10)],
  "size one": () => [tf.string.stringToHashBucketFast(tf.scalar("a"), 3), tf.string.staticRegexReplace("a", "a", "b")],
};

describe("as on TensorFlow.js's cpu, leaving nothing behind", () => {
  for (const [name, program] of Object.entries(programs)) {
    test(name, () => {
      const expected = outcomeOn("cpu", program);
      const { slots } = torchInfo();
      expect(outcomeOn("torch", program)).toEqual(expected);
      expect(tf.getBackend()).toBe("torch");
      expect(torchInfo().slots).toBe(slots);
    });
  }
});

test("complex numbers are refused", () => {
  tf.tidy(() => {
    const values = tf.complex([1, 2, 3, 4], [0, 0, 0, 0]);
    expect(() => gather(values)).toThrowError(/^RaggedGather: takes no complex64/);
  });
});
