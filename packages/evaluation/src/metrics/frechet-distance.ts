/**
 * The Fréchet distance of two sets of features, each taken as a normal distribution (FID when they are Inception's; Heusel et
 * al., arXiv 1706.08500): `|mean1 - mean2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2))`, with unbiased covariances. Between originals and
 * reconstructions it is called rFID. Figures with different features or numbers of pictures cannot be compared: state both.
 */
import { checkFeatureRows, type FeatureRows } from "./feature-rows.ts";
import { type SquareMatrix, symmetricEigen } from "./symmetric-eigen.ts";

/** @throws RangeError when the widths differ, a set has fewer than two rows, or a feature is not finite. */
export function frechetDistance(a: FeatureRows, b: FeatureRows): number {
  for (const rows of [a, b]) checkFeatureRows("frechetDistance", rows, 2);
  if (a.numFeatures !== b.numFeatures) {
    throw new RangeError(
      `frechetDistance: both sets must have the same features; these have ${a.numFeatures} and ${b.numFeatures}`,
    );
  }
  const [first, second] = [momentsOf(a), momentsOf(b)];
  const meanDistance = first.mean.reduce((sum, value, i) => sum + (value - (second.mean[i] as number)) ** 2, 0);
  const distance = meanDistance + trace(first.covariance) + trace(second.covariance);
  return Math.max(0, distance - 2 * traceOfRootOfProduct(first.covariance, second.covariance));
}

/** Mean and unbiased covariance. */
function momentsOf({ numRows, numFeatures, values }: FeatureRows): { mean: Float64Array; covariance: SquareMatrix } {
  const mean = new Float64Array(numFeatures);
  for (let i = 0; i < values.length; i++) mean[i % numFeatures]! += (values[i] as number) / numRows;
  const covariance = new Float64Array(numFeatures * numFeatures);
  const centred = new Float64Array(numFeatures);
  for (let row = 0; row < numRows; row++) {
    for (let i = 0; i < numFeatures; i++) {
      centred[i] = (values[row * numFeatures + i] as number) - (mean[i] as number);
    }
    for (let i = 0; i < numFeatures; i++) {
      const scaled = (centred[i] as number) / (numRows - 1);
      for (let j = 0; j <= i; j++) covariance[i * numFeatures + j]! += scaled * (centred[j] as number);
    }
  }
  for (let i = 0; i < numFeatures; i++) {
    for (let j = 0; j < i; j++) covariance[j * numFeatures + i] = covariance[i * numFeatures + j] as number;
  }
  return { mean, covariance: { size: numFeatures, values: covariance } };
}

/**
 * `Tr((A B)^(1/2))` of two positive semidefinite matrices: `A^(1/2) B A^(1/2)` is symmetric and has the eigenvalues of `A B`,
 * so no complex or singular case can arise. Eigenvalues below zero by rounding count as zero.
 */
function traceOfRootOfProduct(a: SquareMatrix, b: SquareMatrix): number {
  const { size } = a;
  const { eigenvalues, vectors } = symmetricEigen(a);
  // In the basis of A's eigenvectors v_i, scaled by their roots: M_ij = sqrt(l_i l_j) v_i B v_j.
  const scaled = vectors.map((value, i) => value * Math.sqrt(Math.max(0, eigenvalues[Math.floor(i / size)] as number)));
  const middle = multiplyByTransposed(multiplyByTransposed(scaled, b.values, size), scaled, size);
  const { eigenvalues: squares } = symmetricEigen({ size, values: middle });
  return squares.reduce((sum, square) => sum + Math.sqrt(Math.max(0, square)), 0);
}

/** `left right^T`. */
function multiplyByTransposed(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (left[i * size + k] as number) * (right[j * size + k] as number);
      product[i * size + j] = sum;
    }
  }
  return product;
}

function trace({ size, values }: SquareMatrix): number {
  let sum = 0;
  for (let i = 0; i < size; i++) sum += values[i * size + i] as number;
  return sum;
}
