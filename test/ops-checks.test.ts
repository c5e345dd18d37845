/** What the public ops refuse before anything crosses into a backend. */
import { conv2d, groupNorm, tf } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";

describe("groups and strides that are no counts", () => {
  const padding: [[number, number], [number, number]] = [
    [1, 1],
    [1, 1],
  ];
  const x = (): tf.Tensor4D => tf.ones([1, 4, 4, 2]);
  it.each([0, -1, 0.5, Number.NaN])("%s", (count) => {
    tf.tidy(() => {
      const [weight, bias] = [tf.ones([2]), tf.zeros([2])];
      expect(() => groupNorm(x(), weight, bias, { groups: count, epsilon: 1e-5 })).toThrow(
        `groupNorm: groups (=${count}) must be a positive integer`,
      );
      const kernel = tf.ones([3, 3, 2, 2]);
      expect(() => conv2d(x(), kernel, { strides: [1, 1], padding, groups: count })).toThrow(
        `conv2d: groups (=${count}) must be a positive integer`,
      );
      expect(() => conv2d(x(), kernel, { strides: [1, count], padding })).toThrow(
        `conv2d: strides (=${count}) must be a positive integer`,
      );
    });
  });
});
