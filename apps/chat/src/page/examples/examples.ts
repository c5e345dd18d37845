/** What a new conversation offers: prompts that the models of the built-in scenes understand, with pictures where they need one. */
import type { Scene } from "./scene.ts";

export type Example = {
  readonly text: string;
  /** Given beside the text. */
  readonly scene?: Scene;
};

const PAIR: Scene = [
  { shape: "circle", colour: "red", x: 9.5, y: 16, radius: 6 },
  { shape: "square", colour: "blue", x: 23, y: 16, radius: 6.2 },
];
const TRIANGLE: Scene = [{ shape: "triangle", colour: "yellow", x: 16, y: 16, radius: 9 }];
const STACK: Scene = [
  { shape: "square", colour: "green", x: 16, y: 8.5, radius: 5.5 },
  { shape: "circle", colour: "purple", x: 16, y: 23, radius: 5.5 },
];

export const DRAW_EXAMPLES: readonly Example[] = [
  { text: "a red circle above a blue square" },
  { text: "four purple circles" },
  { text: "a large orange square" },
  { text: "a green triangle left of a white circle" },
];

export const ASK_EXAMPLES: readonly Example[] = [
  { text: "what colour is the square?", scene: PAIR },
  { text: "describe the picture", scene: STACK },
];

export const CHANGE_EXAMPLES: readonly Example[] = [
  { text: "make the yellow triangle cyan", scene: TRIANGLE },
  { text: "swap the red circle and the blue square", scene: PAIR },
];
