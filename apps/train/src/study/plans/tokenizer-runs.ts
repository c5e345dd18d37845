/** Short ways to write down runs. */
import { featuresId } from "../kinds/features-of.ts";
import type { DataName, Run } from "../study.ts";
import type { Row } from "../tables.ts";

/** A method with its runs, one for each seed. */
export type Method = { readonly label: string; readonly runs: readonly Run[] };

/** The network that a data set's pictures are measured with. */
export function featuresRun(data: DataName, steps: number): Run {
  return { id: featuresId(data), needs: [], kind: "features", data, steps };
}

/** Runs `NAME/SEED` of a recipe with changes. */
export function method(
  label: string,
  {
    name,
    recipe,
    data = "scenes",
    overrides = [],
    numSeeds,
  }: {
    readonly name: string;
    readonly recipe: string;
    readonly data?: DataName;
    readonly overrides?: readonly string[];
    readonly numSeeds: number;
  },
): Method {
  const runs = Array.from({ length: numSeeds }, (_, seed): Run => {
    const id = `${name}/${seed}`;
    return { id, needs: [featuresId(data)], kind: "tokenizer", data, recipe, overrides, seed };
  });
  return { label, runs };
}

/** The method's line in a table. */
export function rowOf({ label, runs }: Method): Row {
  return { label, runs: runs.map(({ id }) => id) };
}

/** The lines of the baselines. */
export function baselineRows({ id, numComponents, numCodes }: Run & { kind: "baselines" }): Row[] {
  return [
    { label: "pooling, blended", runs: [id], prefix: "pooling." },
    { label: `PCA of patches, ${numComponents} numbers`, runs: [id], prefix: "components." },
    { label: `k-means of patches, ${numCodes} codes`, runs: [id], prefix: "codebook." },
  ];
}
