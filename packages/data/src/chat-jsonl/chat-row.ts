/**
 * The generic dataset format: a folder with `chat.jsonl`, one conversation a line, pictures by relative path.
 *
 *     { "id": "7", "task": "ask", "messages": [
 *       { "role": "user", "content": [{ "type": "image", "file": "images/7.png" }, { "type": "text", "text": "what is it?" }] },
 *       { "role": "assistant", "content": "a cat" } ] }
 *
 * Other keys are allowed and ignored, so that a dataset can carry what its own evaluation needs.
 */
import { z } from "zod";

/** The dataset's file inside its folder. */
export const CHAT_FILE = "chat.jsonl";

const chatPartSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image"), file: z.string().min(1) }),
]);

const chatRowSchema = z.looseObject({
  id: z.string().min(1),
  task: z.string().min(1).default("chat"),
  /** Kind within the task; training can weigh kinds by themselves. */
  kind: z.string().min(1).optional(),
  messages: z
    .array(
      z.object({
        role: z.enum(["user", "assistant"]),
        content: z.union([z.string(), z.array(chatPartSchema)]),
      }),
    )
    .min(1),
});

/** A piece of a message on disk: text, or a picture by its path relative to the dataset's folder. */
export type ChatPart = z.infer<typeof chatPartSchema>;
/** One line of `chat.jsonl`. */
export type ChatRow = z.infer<typeof chatRowSchema>;

/**
 * Reads the lines of a `chat.jsonl`; empty lines are skipped.
 *
 * @throws Error naming file and line when a line is not JSON, is not of the format, or repeats an id.
 */
export function parseChatRows(text: string, file: string): ChatRow[] {
  const lineOfId = new Map<string, number>();
  return parseJsonLines(text, file).map(({ value, line }) => {
    const result = chatRowSchema.safeParse(value);
    if (!result.success) {
      const issue = result.error.issues[0];
      throw new Error(`${file}, line ${line}: ${issue?.path.join(".") || "the row"}: ${issue?.message}`);
    }
    const earlier = lineOfId.get(result.data.id);
    if (earlier !== undefined) {
      throw new Error(
        `${file}, line ${line}: id "${result.data.id}" is already used in line ${earlier}; ids must differ`,
      );
    }
    lineOfId.set(result.data.id, line);
    return result.data;
  });
}

/**
 * The JSON values of a JSON Lines text with their line numbers (from 1); empty lines are skipped.
 *
 * @throws Error naming file and line when a line is not JSON.
 */
export function parseJsonLines(text: string, file: string): { value: unknown; line: number }[] {
  return text
    .replace(/^\ufeff/, "")
    .split("\n")
    .flatMap((content, index) => {
      if (content.trim() === "") return [];
      try {
        return [{ value: JSON.parse(content) as unknown, line: index + 1 }];
      } catch (cause) {
        throw new Error(`${file}, line ${index + 1}: not valid JSON (${(cause as Error).message})`, { cause });
      }
    });
}

/** The picture files that a row names, in order. */
export function picturesOfRow(row: ChatRow): string[] {
  return row.messages.flatMap(({ content }) =>
    typeof content === "string" ? [] : content.flatMap((part) => (part.type === "image" ? [part.file] : [])),
  );
}
