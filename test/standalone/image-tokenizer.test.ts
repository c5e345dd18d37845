/**
 * image-tokenizer on its own: packed with what it needs, installed in an empty project outside this repository, and used
 * there: the README's programs in Node, without libtorch and with it; types under both of TypeScript's ways to find them;
 * and everything that computes bundled for a browser, where it gives what it gives in Node.
 */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { browserUnavailable } from "../support/browser.ts";
import { torchUnavailable } from "../support/torch-backend.ts";
import { startChromium } from "./browser.ts";
import { ROOT } from "./empty-project.ts";
import { type Computed, ImageTokenizerProject, largestDifference, type OpenBundle } from "./image-tokenizer-project.ts";
import { checkPackage } from "./packed-package.ts";

const TOLERANCE = 1e-5;

const project = new ImageTokenizerProject();
afterAll(() => project.remove());

const reason = project.installPackages({ torch: false });
if (reason !== undefined) {
  if (process.env.CI === "true") throw new Error(reason);
  console.warn(`skipped: image-tokenizer on its own (${reason})`);
}

// Skipped, with a printed reason, where the package store lacks what an offline install needs: a test must not depend on a
// network. `npm run test:slow` installs the same from the registry, and runs it on WebGPU.
describe.skipIf(reason !== undefined)("image-tokenizer outside this repository", () => {
  let plain: Computed;
  beforeAll(() => {
    plain = project.compute("cpu");
  });

  it.each(["tensor", "image-tokenizer", "backend-torch"])("%s is packed whole, and nothing else is", (name) => {
    expect(checkPackage(project, name)).toEqual([]);
  });

  it("runs the README's programs on WebAssembly", () => {
    for (const { printed, promised, backend } of project.runReadme("image-tokenizer")) {
      expect([printed, backend]).toEqual([promised, "wasm"]);
    }
  });

  it("leaves no tensor behind", () => {
    expect([plain.backend, plain.numTensors]).toEqual(["cpu", 0]);
  });

  it.each(["bundler", "nodenext"])("has types for module resolution %s", (moduleResolution) => {
    copyFileSync(join(ROOT, "test/standalone/image-tokenizer-types.ts"), join(project.folder, "types.ts"));
    const module = moduleResolution === "bundler" ? "esnext" : moduleResolution;
    const compilerOptions = { strict: true, noEmit: true, target: "es2022", types: [], module, moduleResolution };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["types.ts"] }));
    let printed: string;
    try {
      printed = project.runNode(join(ROOT, "node_modules/typescript/bin/tsc"), "-p", ".");
    } catch (error) {
      printed = (error as { stdout: string }).stdout;
    }
    // TensorFlow.js's own declarations clash with TypeScript's.
    expect(printed.split("\n").filter((line) => /^types\.ts|@interfuse/.test(line))).toEqual([]);
  });

  const noBrowser = browserUnavailable();
  if (noBrowser !== undefined) console.warn(`skipped: image-tokenizer in a browser (${noBrowser})`);

  describe.skipIf(noBrowser !== undefined)("in a browser", () => {
    let browser: Browser;
    let bundle: OpenBundle;
    beforeAll(async () => {
      browser = await startChromium();
      bundle = await project.openBundle(browser);
    });
    afterAll(() => browser?.close());

    it("is bundled without what only Node has", () => {
      const isOfNode = (file: string) => /[\\/]node[\\/]|backend-torch|sharp|onnx|transformers/.test(file);
      const found = bundle.files.filter(isOfNode).map((file) => file.match(/[^/]*$/)?.[0]);
      // Two that load them when asked to, and one that reads ONNX's files itself.
      expect(found.sort()).toEqual(["onnx-encoder.js", "onnx-tensors.js", "transformers-encoder.js"]);
    });

    it.each(["cpu", "wasm"])("gives what Node gives, on %s", async (backend) => {
      const computed = await bundle.compute(backend);
      expect([computed.backend, computed.numTensors]).toEqual([backend, 0]);
      expect(largestDifference(computed, plain)).toBeLessThan(TOLERANCE);
      expect(bundle.errors).toEqual([]);
    });
  });
});

const noTorch = reason ?? (await torchUnavailable());

describe.skipIf(noTorch !== undefined)("image-tokenizer with libtorch, outside this repository", () => {
  it("runs the README's programs on it", () => {
    expect(project.installPackages({ torch: true })).toBeUndefined();
    project.run("npx", ["--no-install", "@interfuse/backend-torch", "setup"]);
    for (const { printed, promised, backend } of project.runReadme("image-tokenizer")) {
      expect([printed, backend]).toEqual([promised, "torch"]);
    }
  });
});
