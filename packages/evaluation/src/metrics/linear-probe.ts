/**
 * What a straight line can read off features: a ridge classifier in closed form, the same for the same input. Features are
 * standardised by the training set; classes are one-hot targets around their means; the highest score wins.
 */

import { choleskySolve } from "./cholesky-solve.ts";
import { checkFeatureRows, type FeatureRows } from "./feature-rows.ts";

/** Features with a class number each, from 0. */
export type LabelledFeatures = { readonly features: FeatureRows; readonly labels: readonly number[] };

/** How a probe did on the test set. */
export type ProbeResult = {
  readonly accuracy: number;
  readonly numRight: number;
  readonly numCases: number;
  /** The class read off each test row. */
  readonly predictions: readonly number[];
};

/** Standard deviations below this count as constant features, which are ignored. */
const SMALLEST_STD = 1e-6;

/**
 * Fits on `train`, scores on `test`: minimises `mean |X W - Y|^2 + ridge |W|^2`.
 *
 * @param options `ridge`: default 1e-3.
 * @throws RangeError when labels and rows differ in number, widths differ, or a label is no class number.
 */
export function linearProbe(
  { train, test }: { readonly train: LabelledFeatures; readonly test: LabelledFeatures },
  { ridge = 1e-3 }: { readonly ridge?: number } = {},
): ProbeResult {
  for (const set of [train, test]) checkLabelled(set);
  const { numFeatures, numRows } = train.features;
  if (test.features.numFeatures !== numFeatures || !(ridge > 0)) {
    throw new RangeError(
      `linearProbe: ridge (=${ridge}) must be above 0, and train and test have the same features (${numFeatures} and ${test.features.numFeatures})`,
    );
  }
  const largest = (labels: readonly number[]) => labels.reduce((most, label) => Math.max(most, label), 0);
  const numClasses = 1 + Math.max(largest(train.labels), largest(test.labels));
  const scaling = scalingOf(train.features);
  const rows = standardise(train.features, scaling);
  const classShares = new Float64Array(numClasses);
  for (const label of train.labels) classShares[label]! += 1 / numRows;
  const gram = new Float64Array(numFeatures * numFeatures);
  const products = new Float64Array(numFeatures * numClasses);
  for (let row = 0; row < numRows; row++) {
    const x = rows.subarray(row * numFeatures, (row + 1) * numFeatures);
    for (let i = 0; i < numFeatures; i++) {
      const value = x[i] as number;
      for (let j = 0; j <= i; j++) gram[i * numFeatures + j]! += (value * (x[j] as number)) / numRows;
      for (let k = 0; k < numClasses; k++) {
        const target = (train.labels[row] === k ? 1 : 0) - (classShares[k] as number);
        products[i * numClasses + k]! += (value * target) / numRows;
      }
    }
  }
  for (let i = 0; i < numFeatures; i++) gram[i * numFeatures + i]! += ridge;
  const weights = choleskySolve({ size: numFeatures, values: gram }, products, numClasses);
  const tested = standardise(test.features, scaling);
  const predictions = test.labels.map((_, row) => {
    const x = tested.subarray(row * numFeatures, (row + 1) * numFeatures);
    return bestClass(x, weights, classShares);
  });
  const numRight = predictions.filter((prediction, row) => prediction === test.labels[row]).length;
  return { accuracy: numRight / predictions.length, numRight, numCases: predictions.length, predictions };
}

function bestClass(x: Float64Array, weights: Float64Array, classShares: Float64Array): number {
  const scores = classShares.map((share, k) =>
    x.reduce((sum, value, i) => sum + value * (weights[i * classShares.length + k] as number), share),
  );
  return scores.indexOf(Math.max(...scores));
}

type Scaling = { readonly mean: Float64Array; readonly inverseStd: Float64Array };

function scalingOf({ numRows, numFeatures, values }: FeatureRows): Scaling {
  const mean = new Float64Array(numFeatures);
  const variance = new Float64Array(numFeatures);
  values.forEach((value, i) => {
    mean[i % numFeatures]! += value / numRows;
  });
  values.forEach((value, i) => {
    variance[i % numFeatures]! += (value - (mean[i % numFeatures] as number)) ** 2 / numRows;
  });
  return { mean, inverseStd: variance.map((square) => (Math.sqrt(square) < SMALLEST_STD ? 0 : 1 / Math.sqrt(square))) };
}

function standardise({ numFeatures, values }: FeatureRows, { mean, inverseStd }: Scaling): Float64Array {
  return Float64Array.from(values, (value, i) => {
    const feature = i % numFeatures;
    return (value - (mean[feature] as number)) * (inverseStd[feature] as number);
  });
}

function checkLabelled({ features, labels }: LabelledFeatures): void {
  checkFeatureRows("linearProbe", features, 1);
  const wrong = labels.find((label) => !Number.isInteger(label) || label < 0);
  if (labels.length !== features.numRows || wrong !== undefined) {
    throw new RangeError(
      `linearProbe: labels (${labels.length}) must be a class number from 0 for each of the ${features.numRows} rows${wrong === undefined ? "" : `, not ${wrong}`}`,
    );
  }
}
