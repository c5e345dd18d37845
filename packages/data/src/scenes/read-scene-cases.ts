/** Test cases back from a scenes dataset on disk. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CHAT_FILE, parseChatRows } from "../chat-jsonl/chat-row.ts";
import { EDIT_KINDS } from "./edits.ts";
import { QUESTION_KINDS } from "./questions.ts";
import type { SceneCase } from "./scene-cases.ts";
import { COLOUR_NAMES, SHAPE_NAMES } from "./world.ts";

const sceneSchema = z.object({
  objects: z
    .array(
      z.object({
        colour: z.enum(COLOUR_NAMES),
        shape: z.enum(SHAPE_NAMES),
        x: z.number(),
        y: z.number(),
        radius: z.number().positive(),
      }),
    )
    .min(1)
    .max(4),
});
const captionKind = z.enum(["single", "relation", "count"]);
const base = { id: z.string(), prompt: z.string(), size: z.int().min(8).max(4096), scene: sceneSchema };
const caseSchema = z.discriminatedUnion("task", [
  z.object({ ...base, task: z.literal("draw"), kind: captionKind, caption: z.string() }),
  z.object({ ...base, task: z.literal("describe"), kind: captionKind, answer: z.string() }),
  z.object({ ...base, task: z.literal("ask"), kind: z.enum(QUESTION_KINDS), answer: z.string() }),
  z.object({ ...base, task: z.literal("edit"), kind: z.enum(EDIT_KINDS), expected: sceneSchema }),
]);

/**
 * Reads the test cases of a dataset that `writeScenes` made, and the side of its pictures.
 *
 * @param folder the dataset's folder, the one that holds `test/`.
 * @throws Error when there is no such dataset, or its rows do not carry scenes.
 */
export async function readSceneCases(folder: string): Promise<{ cases: SceneCase[]; size: number }> {
  const file = join(folder, "test", CHAT_FILE);
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const remedy = `make them with "interfuse data make scenes --out ${folder}"`;
    throw new Error(`readSceneCases: no test cases in "${folder}" (no ${file}); ${remedy}`, { cause });
  });
  const parsed = parseChatRows(text, file).map((row) => {
    const [prompt, answer] = row.messages.map(({ content }) => textOf(content));
    const result = caseSchema.safeParse({ ...row, prompt, answer });
    if (!result.success) {
      const problem = result.error.issues[0];
      const reason = `${problem?.path.join(".")}: ${problem?.message}`;
      throw new Error(`readSceneCases: row "${row.id}" of ${file} is not a case of the scenes world (${reason})`);
    }
    return result.data;
  });
  const sizes = new Set(parsed.map(({ size }) => size));
  const [size] = sizes;
  if (size === undefined || sizes.size > 1) {
    throw new Error(
      `readSceneCases: ${file} must have rows of one picture size; it has ${[...sizes].join(", ") || "none"}`,
    );
  }
  return { cases: parsed.map(({ size: _, ...sceneCase }) => sceneCase), size };
}

function textOf(content: string | readonly { type: string; text?: string }[]): string {
  if (typeof content === "string") return content;
  return content.map((part) => part.text ?? "").join("");
}
