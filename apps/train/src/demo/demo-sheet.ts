import { type ContactSheetItem, contactSheet, renderScene } from "@interfuse/data";
import type { SceneOutcome } from "@interfuse/evaluation";

/** Pictures of each task on the sheet. */
const NUM_DRAWN = 24;
const NUM_OTHERS = 8;

/**
 * The first held-out cases of each task, right and wrong as they come, framed by the oracle's verdict: drawn pictures under their
 * prompt, shown pictures under the model's words, edits after the picture they were made from.
 */
export async function demoSheet(outcomes: readonly SceneOutcome[], size: number): Promise<Uint8Array> {
  const first = (task: string, count: number) =>
    outcomes.filter(({ sceneCase }) => sceneCase.task === task).slice(0, count);
  const items = [
    ...first("draw", NUM_DRAWN).flatMap(drawnItem),
    ...[...first("describe", NUM_OTHERS), ...first("ask", NUM_OTHERS)].flatMap((outcome) => textItem(outcome, size)),
    ...first("edit", NUM_OTHERS).flatMap((outcome) => [
      { picture: renderScene(outcome.sceneCase.scene, size), caption: "before" },
      ...drawnItem(outcome),
    ]),
  ];
  return contactSheet(items, { title: "Held-out cases: drawn, described, asked, edited" });
}

function drawnItem(outcome: SceneOutcome): ContactSheetItem[] {
  if (!("picture" in outcome)) return [];
  return [{ picture: outcome.picture, caption: outcome.sceneCase.prompt, isRight: outcome.isRight }];
}

function textItem(outcome: SceneOutcome, size: number): ContactSheetItem[] {
  if (!("text" in outcome)) return [];
  const { task, prompt, scene } = outcome.sceneCase;
  const caption = task === "ask" ? `${prompt} ${outcome.text}` : outcome.text;
  return [{ picture: renderScene(scene, size), caption, isRight: outcome.isRight }];
}
