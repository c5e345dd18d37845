/** image-tokenizer in an empty project: what is installed, run and bundled there. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { openPage } from "./browser.ts";
import { EmptyProject, ROOT } from "./empty-project.ts";

const TENSORFLOW = {
  "@tensorflow/tfjs": "^4.22.0",
  "@tensorflow/tfjs-backend-wasm": "^4.22.0",
  "@tensorflow/tfjs-backend-webgpu": "^4.22.0",
};

/** What `computeAll` of image-tokenizer.mjs gives. */
export type Computed = {
  readonly backend: string;
  readonly values: Record<string, number[]>;
  readonly numTensors: number;
};

export class ImageTokenizerProject extends EmptyProject {
  /** As `install`, with libtorch or without. */
  installPackages({ torch, installer }: { torch: boolean; installer?: "pnpm" | "npm" }): string | undefined {
    const names = ["tensor", "image-tokenizer", ...(torch ? ["backend-torch"] : [])];
    const reason = this.install(names, TENSORFLOW, { installer });
    for (const name of ["image-tokenizer", "image-tokenizer-node", "image-tokenizer-page"]) {
      copyFileSync(join(ROOT, "test/standalone", `${name}.mjs`), join(this.folder, `${name}.mjs`));
    }
    return reason;
  }

  /** What is computed here in Node. */
  compute(backend: string): Computed {
    return JSON.parse(this.runNode("image-tokenizer-node.mjs", backend));
  }

  /** Bundles everything for a browser, as an application would, and opens it there. */
  async openBundle(browser: Browser): Promise<OpenBundle> {
    const { outputFiles, metafile } = await build({
      entryPoints: [join(this.folder, "image-tokenizer-page.mjs")],
      bundle: true,
      minify: true,
      write: false,
      metafile: true,
      platform: "browser",
      format: "esm",
      logLevel: "silent",
    });
    const script = outputFiles[0]?.text;
    const { page, errors } = await openPage(browser, (path) => {
      if (path === "index.html") return '<!doctype html><script type="module" src="/bundle.js"></script>';
      if (path === "bundle.js") return script;
      const wasm = join(this.folder, "node_modules/@tensorflow/tfjs-backend-wasm/dist", path.replace("wasm/", ""));
      return path.startsWith("wasm/") && existsSync(wasm) ? readFileSync(wasm) : undefined;
    });
    await page.waitForFunction("globalThis.computeAll !== undefined");
    return {
      page,
      errors,
      files: Object.keys(metafile.inputs),
      compute: (backend) => page.evaluate(`computeAll(${JSON.stringify(backend)})`),
    };
  }
}

/** The bundle in a page. */
export type OpenBundle = {
  readonly page: Page;
  /** Errors that nobody caught there. */
  readonly errors: readonly string[];
  /** What was bundled. */
  readonly files: readonly string[];
  readonly compute: (backend: string) => Promise<Computed>;
};

/** The largest difference between values of the same names. @throws Error when names or lengths differ. */
export function largestDifference(actual: Computed, expected: Computed): number {
  const names = Object.keys(expected.values);
  if (Object.keys(actual.values).join() !== names.join()) throw new Error("other names of values");
  return Math.max(
    ...names.map((name) => {
      const [values, others] = [expected.values[name] as number[], actual.values[name] as number[]];
      if (values.length !== others.length) throw new Error(`${name}: ${others.length} values, not ${values.length}`);
      return Math.max(...values.map((value, i) => Math.abs(value - (others[i] as number))));
    }),
  );
}
