/** Which rows of its input a step needs for some rows of its output. */
import type { LocalStep, Step } from "../convolutional/steps.ts";

/** Rows `[begin, end)` of a picture. */
export type Rows = { readonly begin: number; readonly end: number };

/** Height of what steps make of a picture. */
export function heightAfter(steps: readonly Step[], inputHeight: number): number {
  return steps.reduce((height, step) => {
    if (step.kind === "local") return height * step.scale;
    return step.kind === "sum" ? heightAfter(step.branches[0], height) : height;
  }, inputHeight);
}

/** Input rows that a local step needs, some of them perhaps outside the picture. */
export function neededRows({ scale, above, below }: LocalStep, { begin, end }: Rows): Rows {
  return { begin: Math.floor(begin / scale) - above, end: Math.ceil(end / scale) + below };
}

/** The rows that lie inside a picture. */
export function clipped({ begin, end }: Rows, height: number): Rows {
  return { begin: Math.max(0, begin), end: Math.min(height, end) };
}

/** For each step, the rows of its output that the last step's `rows` depend on. */
export function wantedRows(steps: readonly Step[], inputHeight: number, rows: Rows): Rows[] {
  const wanted: Rows[] = [];
  let needed = rows;
  for (let index = steps.length - 1; index >= 0; index--) {
    wanted.unshift(needed);
    needed = inputRows(steps[index] as Step, heightAfter(steps.slice(0, index), inputHeight), needed);
  }
  return wanted;
}

/** Rows inside the picture that a step needs. */
function inputRows(step: Step, inputHeight: number, rows: Rows): Rows {
  if (step.kind === "local") return clipped(neededRows(step, rows), inputHeight);
  if (step.kind !== "sum") return rows;
  const needed = step.branches.map((branch) => {
    const [first] = branch;
    if (first === undefined) return rows;
    return inputRows(first, inputHeight, wantedRows(branch, inputHeight, rows)[0] as Rows);
  });
  return {
    begin: Math.min(...needed.map(({ begin }) => begin)),
    end: Math.max(...needed.map(({ end }) => end)),
  };
}
