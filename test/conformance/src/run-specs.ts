/** One backend's specs in this process, which they fill with global state: run them in a process of their own. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export type SpecStatus = "passed" | "failed" | "pending";

/** How one spec ended. */
export interface SpecResult {
  /** Suites and spec, without the backend's name. */
  readonly name: string;
  readonly status: SpecStatus;
  /** First line of each failed expectation. */
  readonly messages: readonly string[];
}

/** What is used of jasmine 3's reports. */
interface JasmineSpec {
  readonly fullName: string;
  readonly status: SpecStatus | "excluded";
  readonly failedExpectations: readonly { readonly message: string }[];
}

/** What is used of jasmine 3's environment. */
interface JasmineEnvironment {
  configure(options: { random: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
  addReporter(reporter: { specDone: (spec: JasmineSpec) => void }): void;
  execute(): Promise<unknown>;
}

interface JasmineCore {
  /** Makes `describe`, `it` and the like global. */
  boot(core: JasmineCore): { getEnv(): JasmineEnvironment };
}

/**
 * Runs the specs in `bundle` (see `bundleSpecs`) on a registered backend.
 *
 * @param options `filter`: only specs whose name contains it; `tolerance`: relative error allowed in comparisons that
 *   have a tolerance
 */
export async function runSpecs(
  bundle: string,
  backendName: string,
  { filter = "", tolerance = 0 }: { filter?: string; tolerance?: number } = {},
): Promise<SpecResult[]> {
  const core = require("jasmine-core") as JasmineCore;
  const environment = core.boot(core).getEnv();
  environment.configure({ random: false, specFilter: (spec) => spec.getFullName().includes(filter) });
  const results: SpecResult[] = [];
  environment.addReporter({
    specDone: ({ fullName, status, failedExpectations }) => {
      if (status === "excluded") return;
      const messages = failedExpectations.map(({ message }) => message.split("\n", 1)[0] as string);
      results.push({ name: fullName.replaceAll(` ${backendName} {}`, ""), status, messages });
    },
  });
  Object.assign(globalThis, {
    conformanceTestEnv: { name: backendName, backendName, isDataSync: true },
    conformanceTolerance: tolerance,
  });
  require(bundle);
  await environment.execute();
  return results;
}
