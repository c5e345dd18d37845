/**
 * backend-torch on its own: packed, installed beside TensorFlow.js in an empty folder outside this repository, set up by its
 * command, and used by a program that knows nothing of Interfuse.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";
import { EmptyProject, ROOT } from "./empty-project.ts";

const project = new EmptyProject();
afterAll(() => project.remove());

const reason = (await torchUnavailable()) ?? project.install(["backend-torch"], { "@tensorflow/tfjs": "^4.22.0" });
if (reason !== undefined) console.warn(`skipped: backend-torch on its own (${reason})`);

// Skipped, with a printed reason, without the addon (a failure under CI=true), or where the package store lacks what an offline
// install needs: a test must not depend on a network.
describe.skipIf(reason !== undefined)("backend-torch outside this repository", () => {
  it("is set up by its own command, and trains stock models unchanged", () => {
    const record = JSON.parse(project.run("npx", ["--no-install", "@interfuse/backend-torch", "setup", "--print"]));
    expect(record.version).toMatch(/^\d+\.\d+/);
    copyFileSync(join(ROOT, "test/standalone/program.mjs"), join(project.folder, "program.mjs"));
    const { backend, losses } = JSON.parse(project.runNode("program.mjs"));
    expect(backend).toBe("torch");
    for (const [name, history] of Object.entries<number[]>(losses)) {
      expect(history.at(-1), `${name}: ${history}`).toBeLessThan(0.5 * (history[0] as number));
    }
    expect(Object.keys(losses)).toEqual(["cnn", "lstm"]);
  });

  it("runs the README's programs, which print what it says", () => {
    const programs = project.runReadme("backend-torch");
    expect(programs.map(({ backend }) => backend)).toEqual(["torch", "torch"]);
    for (const { printed, promised } of programs) {
      // Another machine has another version.
      const shape = promised?.replace(/\d+\.\d+\.\d+/, "VERSION");
      expect(printed?.replace(/\d+\.\d+\.\d+/, "VERSION")).toBe(shape);
    }
  });
});
