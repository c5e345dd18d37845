/** The four kinds of questions about a scene, each with one right answer; an object is named only when that is unique. */
import { formatLook, numberWord } from "./caption.ts";
import { relationBetween } from "./describe-scene.ts";
import type { Scene } from "./world.ts";

/** What a question asks for. */
export type QuestionKind = "how many" | "what colour" | "what shape" | "where";
export const QUESTION_KINDS: readonly QuestionKind[] = ["how many", "what colour", "what shape", "where"];

/** A question about a scene with its one right answer. */
export type Question = { readonly kind: QuestionKind; readonly question: string; readonly answer: string };

/** Every question that can be asked about the scene, with its answer. */
export function questionsAbout(scene: Scene): Question[] {
  const { objects } = scene;
  const questions: Question[] = [
    { kind: "how many", question: "how many shapes are there?", answer: numberWord(objects.length) },
  ];
  for (const object of objects) {
    if (objects.filter(({ shape }) => shape === object.shape).length === 1) {
      questions.push({ kind: "what colour", question: `what colour is the ${object.shape}?`, answer: object.colour });
    }
    if (objects.filter(({ colour }) => colour === object.colour).length === 1) {
      questions.push({ kind: "what shape", question: `what shape is ${object.colour}?`, answer: object.shape });
      const other = objects.find((candidate) => candidate !== object);
      if (other !== undefined) {
        const answer = `${relationBetween(object, other)} the ${formatLook(other)}`;
        questions.push({ kind: "where", question: `where is the ${formatLook(object)}?`, answer });
      }
    }
  }
  return questions;
}
