/** image-tokenizer on its own, with what test/standalone/image-tokenizer.test.ts leaves out: npm and its registry, and WebGPU. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChromium } from "../standalone/browser.ts";
import { ImageTokenizerProject, largestDifference } from "../standalone/image-tokenizer-project.ts";

const TOLERANCE = 1e-5;

describe("image-tokenizer, installed by npm", () => {
  const project = new ImageTokenizerProject();
  beforeAll(() => {
    expect(project.installPackages({ torch: true, installer: "npm" })).toBeUndefined();
  });
  afterAll(() => project.remove());

  it("runs the README's programs on libtorch", () => {
    project.run("npx", ["--no-install", "@interfuse/backend-torch", "setup"]);
    for (const { printed, promised, backend } of project.runReadme("image-tokenizer")) {
      expect([printed, backend]).toEqual([promised, "torch"]);
    }
  });

  it("gives on WebGPU what it gives in Node", async () => {
    const browser = await startChromium();
    try {
      const bundle = await project.openBundle(browser);
      const computed = await bundle.compute("webgpu");
      expect(computed.backend).toBe("webgpu");
      expect(largestDifference(computed, project.compute("cpu"))).toBeLessThan(TOLERANCE);
    } finally {
      await browser.close();
    }
  });
});
