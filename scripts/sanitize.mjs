/**
 * `npm run sanitize [-- VITEST ARGS]`: compiles the torch backend's addon with AddressSanitizer, beside the usual build, and
 * runs the tests of its kernels under it. Needs GCC. A wrong access to memory ends the run with a report.
 */
import path from "node:path";
import { exitOnFailure, ROOT, run, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

const TESTS = [
  "packages/backend-torch/src/kernels",
  "packages/backend-torch/src/impossible.test.ts",
  "packages/backend-torch/src/torch-backend.test.ts",
  "test/ops-",
  "test/gradients.test.ts",
];
const COMPILER = "g++";
const SETUP = "packages/backend-torch/dist/setup/main.js";

/** The sanitizer's library, which must be in the process before Node's own memory functions are. */
function sanitizerLibrary() {
  const { stdout } = run(COMPILER, ["-print-file-name=libasan.so"], { capture: true });
  const library = stdout.trim();
  if (path.isAbsolute(library)) return library;
  process.stderr.write(`sanitize: ${COMPILER} has no libasan.so; install GCC (Debian: apt-get install g++)\n`);
  process.exit(1);
}

/** The libtorch of the usual build, as `LIBTORCH` takes it. */
function usualLibtorch() {
  const result = runNode(SETUP, ["setup", "--print"], { capture: true });
  exitOnFailure(result);
  return JSON.parse(result.stdout).libtorch.replace(/\/lib(\/[^/]*-linux-gnu)?$/, "");
}

setUp({ quiet: true });
const preload = sanitizerLibrary();
const env = {
  LIBTORCH: usualLibtorch(),
  INTERFUSE_CACHE: path.join(ROOT, "node_modules/.sanitize"),
  CXX: COMPILER,
  CXXFLAGS: "-fsanitize=address -fno-omit-frame-pointer -g1 -O1",
};
exitOnFailure(runNode(SETUP, ["setup"], { env }));
const args = process.argv.slice(2);
exitOnFailure(
  run(
    process.execPath,
    [
      path.join(ROOT, "node_modules/vitest/vitest.mjs"),
      "run",
      "--testTimeout=1200000",
      ...(args.length > 0 ? args : TESTS),
    ],
    {
      env: {
        ...env,
        CI: "true", // where the addon does not load, nothing would be tested
        OMP_NUM_THREADS: "1",
        LD_PRELOAD: preload,
        // V8 frees nothing at exit; libtorch's vectors are not marked for the sanitizer; some tests ask for 4 TiB.
        ASAN_OPTIONS: "detect_leaks=0:detect_container_overflow=0:allocator_may_return_null=1:detect_odr_violation=0",
      },
    },
  ),
);
