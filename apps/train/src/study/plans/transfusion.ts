/**
 * What counts in the end: one small Transfusion on the latents of different tokenizers. All see 16 tokens a picture, with the
 * same linear maps into and out of one model, and learn to draw only.
 */
import type { Run, Section } from "../study.ts";
import { figuresTable, fixed, percent } from "../tables.ts";
import type { Method } from "./tokenizer-runs.ts";

const MODEL = [
  "steps=1000",
  'model.objective.adapter={"kind":"linear"}',
  'batch.taskWeights={"draw: single":1,"draw: relation":2,"draw: count":1}',
  "averageDecay=0.99",
  "report.checkpointEvery=300",
  "report.sampleEvery=0",
];

/** Models on raw pixels (patches of 8 x 8) and on the latents of each method's first run (patches of 2 x 2). */
export function transfusionSection(methods: readonly Method[]): Section {
  const latents = methods.map(({ label, runs }) => ({ label: `latents: ${label}`, tokenizer: runs[0]?.id as string }));
  const inputs = [{ label: "raw patches", tokenizer: null }, ...latents];
  const ids = inputs.map((_, index) => `transfusion-${index}`);
  const runs = inputs.flatMap(({ tokenizer }, index): Run[] => {
    const common = {
      kind: "model",
      data: "many-scenes",
      recipe: "scenes",
      overrides: [...MODEL, `model.objective.patchSize=${tokenizer === null ? 8 : 2}`],
      seed: 0,
      imageTokenizer: tokenizer,
      drawn: ["single", "relation", "count"],
      numCases: 200,
    } as const;
    const id = ids[index] as string;
    const needs = tokenizer === null ? [] : [tokenizer];
    return [
      { id, needs, ...common, equalTime: null },
      { id: `${id}-time`, needs: [...needs, ...ids], ...common, equalTime: { like: id, among: ids } },
    ];
  });
  return {
    name: "transfusion",
    runs,
    format: (results) =>
      ["", "-time"]
        .map((suffix) =>
          figuresTable(
            inputs.map(({ label }, index) => ({ label, runs: [`${ids[index]}${suffix}`] })),
            [
              {
                figure: "draw",
                title: suffix === "" ? "drawn right, equal steps" : "drawn right, equal time",
                format: percent,
              },
              ...["single", "relation", "count"].map((kind) => ({
                figure: `draw: ${kind}`,
                title: kind,
                format: percent,
              })),
              { figure: "steps", title: "steps", format: fixed(0) },
              { figure: "stepSeconds", title: "s a step", format: fixed(3) },
            ],
            results,
          ),
        )
        .join("\n\n"),
  };
}
