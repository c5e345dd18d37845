import type { z } from "zod";
import { ApiError } from "./api-error.ts";

/**
 * Checks a value against a schema.
 * @throws {ApiError} 400 naming the first field that is wrong, and the rule
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const { path, message } = deepest(issue);
  const param = path.join(".").slice(0, 200);
  throw new ApiError(400, "invalid_value", param === "" ? message : `${param}: ${message}`, { param: param || null });
}

/** Of a union, the issue that lies deepest says most. */
function deepest(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[] = []): { path: string[]; message: string } {
  const path = [...prefix, ...issue.path];
  if (issue.code === "invalid_union") {
    const inner = issue.errors
      .flatMap((issues) => issues.slice(0, 1))
      .map((each) => deepest(each, path))
      .filter((each) => each.path.length > path.length)
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    if (inner !== undefined) return inner;
  }
  return { path: path.map(String), message: issue.message };
}
