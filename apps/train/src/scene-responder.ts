import type { SceneResponder } from "@interfuse/evaluation";
import type { DrawOptions, Pipeline } from "@interfuse/pipeline";

/** No right answer about a scene is longer; a model that rambles is wrong all the same. */
const MAX_ANSWER_TOKENS = 24;

/** A pipeline as the scene evaluation asks it, drawing as told by `options`; texts take the likeliest token always. */
export function sceneResponder(
  pipeline: Pipeline,
  options: Pick<DrawOptions, "seed" | "steps" | "guidanceScale">,
): SceneResponder {
  return {
    draw: (prompts) => pipeline.draw(prompts, options),
    describe: (pictures) => pipeline.describe(pictures, { maxTokens: MAX_ANSWER_TOKENS }),
    ask: (pictures, questions) => pipeline.ask(pictures, questions, { maxTokens: MAX_ANSWER_TOKENS }),
    edit: (pictures, instructions) => pipeline.edit(pictures, instructions, options),
  };
}
