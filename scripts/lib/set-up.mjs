/**
 * Everything a fresh machine needs before the demo or the tests run; quick when nothing is to do.
 *
 * Needs only Node and a C++ compiler: the dependencies come by the pinned pnpm through npx, the libtorch backend by
 * backend-torch's own set-up command. Without a compiler or libtorch the project goes on with WebAssembly, except under
 * CI=true, where a run on the fallback would prove nothing.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildPage } from "./build-page.mjs";
import { exitOnFailure, ROOT, run, runNode, runPnpm } from "./process.mjs";
import { removeStaleOutputs } from "./stale-outputs.mjs";
import { installSystemPackages } from "./system-packages.mjs";

const MINIMUM_NODE = [20, 19];
const STAMP = path.join(ROOT, "node_modules/.interfuse-setup.json");

const isCi = process.env.CI === "true";

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [wantedMajor, wantedMinor] = MINIMUM_NODE;
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  process.stderr.write(`setup: Node ${process.versions.node} is too old; install Node >= ${MINIMUM_NODE.join(".")}\n`);
  process.exit(1);
}

/** Changes whenever the installed dependencies would. */
function dependencyHash() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"])
    hash.update(readFileSync(path.join(ROOT, file)));
  return hash.digest("hex");
}

/** Returns the seconds it took, which are the network's and not this machine's. */
function installDependencies(say) {
  const start = performance.now();
  const hash = dependencyHash();
  if (existsSync(STAMP) && JSON.parse(readFileSync(STAMP, "utf8")).hash === hash) return 0;
  say("installing the dependencies");
  const result = runPnpm(["install", "--frozen-lockfile", "--reporter=silent"], { capture: true });
  if (result.status !== 0) {
    process.stderr.write(
      `${result.stdout}${result.stderr}\nsetup: the dependencies could not be installed; is the npm registry in reach?\n`,
    );
    process.exit(1);
  }
  mkdirSync(path.dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, JSON.stringify({ hash }));
  return (performance.now() - start) / 1000;
}

function build() {
  removeStaleOutputs();
  exitOnFailure(run(process.execPath, [path.join(ROOT, "node_modules/typescript/bin/tsc"), "-b"]));
  buildPage();
}

/** The libtorch backend; its own command finds or gets libtorch, compiles the addon and says what it does. */
function setUpTorch(say, { quiet }) {
  const result = runNode("packages/backend-torch/dist/setup/main.js", ["setup"], { capture: quiet });
  if (result.status === 0) return;
  process.stderr.write(result.stderr);
  if (isCi) {
    process.stderr.write(
      "setup: CI=true and the torch backend is not there; a green run on the fallback proves nothing\n",
    );
    process.exit(1);
  }
  say("going on with the WebAssembly backend, which is many times slower; `npx interfuse doctor` tells more");
}

/**
 * Sets everything up, or ends this process with a message.
 * @param options `extras`: what `installSystemPackages` may bring; `quiet`: only problems are said; `hasTorch`: with the libtorch backend; `onBuilt`: called when the
 *   TypeScript is compiled, before the backend is looked for
 * @returns {{ downloadSeconds: number }} how much of the time went into downloading dependencies
 */
export function setUp({ extras = [], quiet = false, hasTorch = true, onBuilt = () => {} } = {}) {
  const say = (message) => {
    if (!quiet) process.stderr.write(`setup: ${message}\n`);
  };
  checkNode();
  const downloadSeconds = installDependencies(say);
  build();
  onBuilt();
  if (hasTorch) setUpTorch(say, { quiet });
  if (extras.length > 0 && !installSystemPackages(extras, say) && isCi) process.exit(1);
  return { downloadSeconds };
}
