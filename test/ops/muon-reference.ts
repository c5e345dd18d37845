/** Muon's update written once more, over nested arrays in float64: what `muonUpdate` is compared with. */

type Matrix = number[][];

/** Changes `parameter` and `momentum`, both flat, as one step of Muon. */
export function muonStep(
  { parameter, gradient, momentum }: Record<"parameter" | "gradient" | "momentum", number[]>,
  shape: readonly number[],
  options: { learningRate: number; momentum: number; decay: number },
): void {
  const beta = options.momentum;
  for (const [i, g] of gradient.entries()) momentum[i] = beta * momentum[i]! + (1 - beta) * g;
  const ahead = gradient.map((g, i) => beta * momentum[i]! + (1 - beta) * g);
  const columns = shape.at(-1)!;
  const rows = gradient.length / columns;
  const ratio = shape.length === 2 ? rows / columns : columns / rows;
  const matrix = Array.from({ length: rows }, (_, row) => ahead.slice(row * columns, (row + 1) * columns));
  const step = orthogonalised(matrix).flat();
  const rate = options.learningRate * Math.sqrt(Math.max(1, ratio));
  for (const [i, value] of parameter.entries()) parameter[i] = value * (1 - options.decay) - rate * step[i]!;
}

function orthogonalised(matrix: Matrix): Matrix {
  if (matrix.length > matrix[0]!.length) return transposed(orthogonalised(transposed(matrix)));
  const norm = Math.hypot(...matrix.flat());
  let x = scaled(matrix, 1 / norm);
  for (let i = 0; i < 5; i++) {
    const gram = product(x, transposed(x));
    const fifth = product(product(gram, gram), x);
    x = sum(sum(scaled(x, 3.4445), scaled(product(gram, x), -4.775)), scaled(fifth, 2.0315));
  }
  return x;
}

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((total, value, k) => total + value * b[k]![j]!, 0)));
}

function transposed(a: Matrix): Matrix {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

function scaled(a: Matrix, factor: number): Matrix {
  return a.map((row) => row.map((value) => value * factor));
}

function sum(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
}
