import { contactSheet } from "@interfuse/data";
import type { Pipeline } from "@interfuse/pipeline";
import type { ModelRecipe } from "../recipes/model-recipe.ts";

/** The recipe's sample prompts, drawn from the same noise every time, as a PNG with the prompt under each picture. */
export async function sampleSheet(pipeline: Pipeline, recipe: ModelRecipe): Promise<Uint8Array> {
  const { samplePrompts } = recipe.report;
  const pictures = await pipeline.draw(samplePrompts, { seed: recipe.seed });
  return contactSheet(pictures.map((picture, index) => ({ picture, caption: samplePrompts[index] ?? "" })));
}
