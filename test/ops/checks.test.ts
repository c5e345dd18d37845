/** What the public ops refuse before anything crosses into a backend. */
import { conv2d, groupNorm, groupNormWith, tf } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";

it("activations that group norms do not have", () => {
  tf.tidy(() => {
    const [x, ones] = [tf.ones<tf.Rank.R4>([1, 2, 2, 2]), tf.ones([2])];
    const options = { groups: 1, epsilon: 1e-5, activation: "relu" as "silu" };
    const moments = { mean_BG: tf.zeros<tf.Rank.R2>([1, 1]), variance_BG: tf.ones<tf.Rank.R2>([1, 1]) };
    const rule = 'activation (="relu") must be "none" or "silu"';
    expect(() => groupNorm(x, ones, ones, options)).toThrow(`groupNorm: ${rule}`);
    expect(() => groupNormWith(x, ones, ones, { ...options, moments })).toThrow(`groupNormWith: ${rule}`);
  });
});

describe("padding that is none", () => {
  it.each([-1, 0.5, Number.NaN])("%s", (size) => {
    tf.tidy(() => {
      const [x, weight] = [tf.ones<tf.Rank.R4>([1, 4, 4, 2]), tf.ones([1, 1, 2, 2])];
      const program = () =>
        conv2d(x, weight, {
          strides: [1, 1],
          padding: [
            [0, size],
            [0, 0],
          ],
        });
      expect(program).toThrow(/^conv2d: padding \(=\[\[0,.*must be of non-negative integers/);
    });
  });
});

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
