import type { Run, Study } from "../study.ts";
import { figuresTable } from "../tables.ts";
import { CODES, QUALITY, stageColumns } from "./columns.ts";
import { baselineRows, featuresRun, method, rowOf } from "./tokenizer-runs.ts";

const DATA = "few-scenes";

/** A study of every kind of run that takes seconds, for tests and for trying changes. */
export function debugStudy(): Study {
  const shorten = { data: DATA, overrides: ["steps=6", "report.checkpointEvery=3", "batch.pictureSize=32"] } as const;
  const methods = [
    method("KL", { name: "kl", recipe: "debug", numSeeds: 2, ...shorten }),
    method("VQ", { name: "vq", recipe: "debug-vq", numSeeds: 2, ...shorten }),
  ];
  const runs = methods.flatMap((one) => one.runs);
  const baselines = {
    id: "baselines",
    needs: [runs[0]?.needs[0] as string],
    kind: "baselines",
    data: DATA,
    downsampling: 4,
    numComponents: 4,
    numCodes: 16,
  } as const;
  const sheet: Run = {
    id: "sheet",
    needs: ["kl/0"],
    kind: "sheet",
    data: DATA,
    title: "Held-out scenes",
    rows: [{ label: "KL", run: "kl/0" }],
  };
  const model = {
    kind: "model",
    data: DATA,
    recipe: "debug",
    overrides: ["steps=6", "model.objective.patchSize=2"],
    seed: 0,
    drawn: ["single"],
    numCases: 1,
  } as const;
  const models: Run[] = [
    { id: "model", needs: ["kl/0"], ...model, imageTokenizer: "kl/0", equalTime: null },
    {
      id: "model-time",
      needs: ["kl/0", "model"],
      ...model,
      imageTokenizer: "kl/0",
      equalTime: { like: "model", among: ["model"] },
    },
  ];
  return {
    name: "debug",
    page: "docs/image-tokenizers.md",
    sections: [
      {
        name: "kinds",
        runs: [featuresRun(DATA, 2), ...runs, baselines, sheet],
        format: (results) =>
          figuresTable(
            [...methods.map(rowOf), ...baselineRows(baselines)],
            [...QUALITY, ...CODES, ...stageColumns(1)],
            results,
          ),
      },
      {
        name: "models",
        runs: models,
        format: (results) =>
          figuresTable(
            models.map(({ id }) => ({ label: id, runs: [id] })),
            [{ figure: "draw", title: "drawn right", format: String }],
            results,
          ),
      },
    ],
  };
}
