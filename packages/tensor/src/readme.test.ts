import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it, vi } from "vitest";

it("the README's example runs and prints what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, code] = readme.match(/```ts\n([\s\S]*?)```/)!;
  const folder = new URL("../node_modules/.cache/readme/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const file = new URL("example.ts", folder);
  writeFileSync(file, code!);
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  await import(/* @vite-ignore */ file.href);
  expect(print).toHaveBeenCalledOnce();
  const [backend, reason, loss, shape] = print.mock.calls[0]!;
  expect(reason).toContain(backend);
  expect(loss[0]).toBeGreaterThan(0);
  expect(shape).toEqual([24, 8]);
});
