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

/** What is wrong where; `expected` are the types that would do, where the type is what is wrong. */
type Problem = { readonly path: string[]; readonly message: string; readonly expected: readonly string[] };

/** Of a union, the issue that lies deepest says most; then one with a value of the right type. */
function deepest(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[] = []): Problem {
  const path = [...prefix, ...issue.path].map(String);
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const problems = issue.errors.flatMap((issues) => issues.slice(0, 1)).map((each) => deepest(each, path));
    const inner = problems.toSorted(
      (a, b) => b.path.length - a.path.length || a.expected.length - b.expected.length,
    )[0];
    if (inner !== undefined && (inner.path.length > path.length || inner.expected.length === 0)) return inner;
    const expected = problems.flatMap((each) => each.expected);
    return { path, message: `Invalid input: expected ${expected.join(" or ")}`, expected };
  }
  return { path, message: issue.message, expected: issue.code === "invalid_type" ? [issue.expected] : [] };
}
