/**
 * `--set a.b=c`: changes leaves of a resolved config and nothing else.
 *
 * A key must exist, and its value must read as the kind of value that stands there: numbers, `true`/`false` and text as they
 * are, lists and leaves that may be null as JSON. A group of settings is replaced as a whole, by a JSON object or null.
 * Ranges and choices are checked afterwards by the config's own schema.
 */
import type { JsonObject, JsonValue } from "@interfuse/training";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The config with the overrides applied, later ones winning.
 *
 * @param options `complete`: called after each, fills in what it left out, so that the next can change that.
 * @throws UsageError for a malformed override, an unknown key (naming the nearest) or a value of the wrong kind.
 */
export function applyOverrides<T extends JsonObject>(
  config: T,
  overrides: readonly string[],
  { complete = (changed) => changed }: { readonly complete?: (changed: T) => T } = {},
): T {
  return overrides.reduce((result, override) => complete(applyOverride(result, override)), config);
}

function applyOverride<T extends JsonObject>(config: T, override: string): T {
  const equals = override.indexOf("=");
  if (equals < 1) throw new UsageError(`--set ${override}: must look like key=value, for example --set steps=100`);
  const key = override.slice(0, equals);
  const value = override.slice(equals + 1);
  return replaceLeaf(config, { path: key.split("."), key, value, root: config }) as T;
}

type Replacement = { path: readonly string[]; key: string; value: string; root: JsonObject };

function replaceLeaf(node: JsonObject, { path, key, value, root }: Replacement): JsonObject {
  const [name = "", ...rest] = path;
  if (!Object.hasOwn(node, name)) throw unknownKey(key, root);
  const current = node[name] as JsonValue;
  if (rest.length > 0) {
    if (!isGroup(current)) throw unknownKey(key, root);
    return { ...node, [name]: replaceLeaf(current, { path: rest, key, value, root }) };
  }
  if (isGroup(current)) return { ...node, [name]: readGroup(current, { key, text: value }) };
  return { ...node, [name]: readLike(current, { key, text: value }) };
}

/** Reads text as a whole group of settings, or none. */
function readGroup(current: JsonObject, { key, text }: { key: string; text: string }): JsonValue {
  const value = parseJson(text);
  if (value === null || isGroup(value)) return value;
  const keys = Object.keys(current).map((inner) => `${key}.${inner}`);
  throw new UsageError(`--set ${key}: is a group of settings; set one of ${keys.join(", ")}, or all as a JSON object`);
}

/** Reads text as the kind of value that `current` is. */
function readLike(current: JsonValue, { key, text }: { key: string; text: string }): JsonValue {
  const problem = (kind: string): UsageError =>
    new UsageError(`--set ${key}=${text}: must be ${kind} (it is ${JSON.stringify(current)} now)`);
  if (typeof current === "string") return text;
  if (typeof current === "boolean") {
    if (text !== "true" && text !== "false") throw problem("true or false");
    return text === "true";
  }
  if (typeof current === "number") {
    if (text === "null") return null;
    const number = Number(text);
    if (text.trim() === "" || !Number.isFinite(number)) throw problem("a number");
    return number;
  }
  const value = parseJson(text);
  if (value !== undefined) return value;
  if (current === null) return text;
  throw problem("a JSON list");
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function unknownKey(key: string, root: JsonObject): UsageError {
  const known = leafKeys(root);
  return new UsageError(
    `--set ${key}: unknown key; the nearest is "${nearest(key, known)}" (--dry-run shows them all)`,
  );
}

/** All dotted keys of leaves. */
export function leafKeys(config: JsonObject, prefix = ""): string[] {
  return Object.entries(config).flatMap(([name, value]) =>
    isGroup(value) ? leafKeys(value, `${prefix}${name}.`) : [`${prefix}${name}`],
  );
}

function isGroup(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
