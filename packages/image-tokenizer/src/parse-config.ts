import type { z } from "zod";

/** Parses a config by its schema. @throws RangeError of `operation` naming every field that is wrong, with its value. */
export function parseConfig<Schema extends z.ZodType>(
  operation: string,
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")} (=${JSON.stringify(valueAt(input, path))}): ${message}`,
  );
  throw new RangeError(`${operation}: ${issues.join("; ")}`, { cause: parsed.error });
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((at, key) => (at as Record<PropertyKey, unknown> | null | undefined)?.[key], input);
}
