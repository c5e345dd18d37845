import type { Asked } from "../state/conversation.ts";

/** What an answer was asked with. */
export const ASKED: Asked = {
  answererId: "server",
  model: "demo",
  seed: 7,
  steps: 20,
  guidanceScale: 3,
  temperature: 0,
  answerWith: "auto",
  hasMemory: false,
};
