import type { z } from "zod";

/** Parses a config by its schema. @throws RangeError of `operation` naming every field that is wrong. */
export function parseConfig<Schema extends z.ZodType>(
  operation: string,
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
  throw new RangeError(`${operation}: ${issues.join("; ")}`, { cause: parsed.error });
}
