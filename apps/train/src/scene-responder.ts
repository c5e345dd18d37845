import type { SceneResponder } from "@interfuse/evaluation";
import type { DrawOptions, Pipeline } from "@interfuse/pipeline";

/** A pipeline as the scene evaluation asks it, drawing as told by `options`; texts take the likeliest token always. */
export function sceneResponder(
  pipeline: Pipeline,
  options: Pick<DrawOptions, "seed" | "steps" | "guidanceScale">,
): SceneResponder {
  return {
    draw: (prompts) => pipeline.draw(prompts, options),
    describe: (pictures) => pipeline.describe(pictures),
    ask: (pictures, questions) => pipeline.ask(pictures, questions),
    edit: (pictures, instructions) => pipeline.edit(pictures, instructions, options),
  };
}
