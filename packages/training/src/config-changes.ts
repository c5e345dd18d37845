import type { JsonObject, JsonValue } from "./task.ts";

/** One leaf that differs between two configs; `undefined` where a side lacks it. */
export type ConfigChange = { readonly key: string; readonly before?: JsonValue; readonly after?: JsonValue };

/**
 * The leaves that differ between two configs, as dotted keys, except those under `mayChange`.
 *
 * @param mayChange dotted keys; each covers itself and everything below it (`"report"` covers `"report.sampleEvery"`).
 */
export function configChanges(
  before: JsonObject,
  after: JsonObject,
  mayChange: readonly string[] = [],
): ConfigChange[] {
  const old = leaves(before);
  const current = leaves(after);
  const keys = [...new Set([...old.keys(), ...current.keys()])];
  return keys
    .filter((key) => !mayChange.some((prefix) => key === prefix || key.startsWith(`${prefix}.`)))
    .filter((key) => JSON.stringify(old.get(key)) !== JSON.stringify(current.get(key)))
    .map((key) => ({ key, before: old.get(key), after: current.get(key) }));
}

/**
 * Passes when a run may go on with this config.
 * @throws RangeError naming every changed key with both values, and the keys that may change.
 */
export function assertSameConfig(saved: JsonObject, current: JsonObject, mayChange: readonly string[]): void {
  const changes = configChanges(saved, current, mayChange);
  if (changes.length === 0) return;
  const list = changes.map(({ key, before, after }) => `${key}: ${show(before)} -> ${show(after)}`).join("; ");
  throw new RangeError(
    `resume: the config differs from the checkpoint's (${list}); resume with the saved values, or start a new run in another folder` +
      (mayChange.length > 0 ? `. These may change: ${mayChange.join(", ")}` : ""),
  );
}

/** Leaves by dotted key; arrays and empty objects are leaves. */
function leaves(config: JsonObject, prefix = ""): Map<string, JsonValue> {
  const found = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue;
    const key = `${prefix}${name}`;
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [inner, leaf] of leaves(value, `${key}.`)) found.set(inner, leaf);
    } else found.set(key, value);
  }
  return found;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: JsonValue | undefined): string {
  return value === undefined ? "(absent)" : JSON.stringify(value);
}
