/** Sorts spec results into what counts and what does not. */
import type { SpecResult } from "./run-specs.ts";

/** A spec that does not pass, and why. */
export interface Exception {
  readonly spec: string;
  readonly reason: string;
}

/** The specs of one backend. */
export interface Verdict {
  readonly passed: number;
  readonly failed: readonly Exception[];
  readonly notApplicable: readonly Exception[];
}

/**
 * Specs that TensorFlow.js disabled do not apply.
 *
 * @param known reasons for which further specs do not apply, by name
 */
export function judge(specs: readonly SpecResult[], known: Readonly<Record<string, string>> = {}): Verdict {
  const failed: Exception[] = [];
  const notApplicable: Exception[] = [];
  for (const { name, status, messages } of specs) {
    if (status === "passed") continue;
    const reason = known[name];
    if (status === "pending") notApplicable.push({ spec: name, reason: "disabled in TensorFlow.js itself" });
    else if (reason !== undefined) notApplicable.push({ spec: name, reason });
    else failed.push({ spec: name, reason: messages[0] ?? "" });
  }
  return { passed: specs.length - failed.length - notApplicable.length, failed, notApplicable };
}
