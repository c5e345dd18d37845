import { describe, expect, it } from "vitest";
import { createApiKey, findApiKey, formatApiKey, parseApiKeys } from "./api-keys.ts";

describe("API keys", () => {
  it("are found by what was shown once, and kept as digests", () => {
    const [alice, bob] = [createApiKey("alice"), createApiKey("bob@example.org")];
    const text = `# keys\n\n${[alice, bob].map(({ record }) => formatApiKey(record)).join("\r\n")}\n`;
    expect(text).not.toContain(alice.key);
    const keys = parseApiKeys(text);
    expect(findApiKey(keys, bob.key)?.name).toBe("bob@example.org");
    expect(findApiKey(keys, alice.key)?.name).toBe("alice");
    expect(findApiKey(keys, alice.record.digest)).toBeUndefined();
    expect(findApiKey(keys, "")).toBeUndefined();
  });

  it("need names that fit on a line, and lines that are theirs", () => {
    expect(() => createApiKey("a b")).toThrow(/name \(="a b"\)/);
    expect(() => parseApiKeys("alice secret")).toThrow(/line 1/);
  });
});
