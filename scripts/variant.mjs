/**
 * `npm run variant -- NAME [VITEST ARGS]`: compiles the torch backend's addon otherwise than for this machine, beside the usual
 * build, and runs the tests of its kernels on it. Names: `sanitized`, `tileless`, `avx2`, `portable`, `plain`. `LIBTORCH` names another
 * libtorch than the usual one, as ever. Needs GCC.
 */
import path from "node:path";
import { exitOnFailure, ROOT, run, runNode } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

const TESTS = [
  "packages/backend-torch/src/kernels",
  "packages/backend-torch/src/impossible.test.ts",
  "packages/backend-torch/src/torch-backend.test.ts",
  "test/ops/",
  "test/tensor/gradients.test.ts",
];
const COMPILER = "g++";
const SETUP = "packages/backend-torch/dist/setup/main.js";

/** Compiler flags and the environment of the tests. libtorch's own kernels are limited as the addon's are. */
const VARIANTS = {
  // A wrong access to memory, or arithmetic that C++ does not define, ends the run with a report.
  sanitized: () => ({
    flags:
      "-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g1 -O1",
    env: {
      OMP_NUM_THREADS: "1",
      // The sanitizers must be in the process before Node's own memory functions are.
      LD_PRELOAD: ["libasan.so", "libubsan.so"].map(compilerLibrary).join(":"),
      // V8 frees nothing at exit; libtorch's vectors are not marked for the sanitizer; some tests ask for 4 TiB.
      ASAN_OPTIONS: "detect_leaks=0:detect_container_overflow=0:allocator_may_return_null=1:detect_odr_violation=0",
      UBSAN_OPTIONS: "print_stacktrace=1",
    },
  }),
  // Without a matrix unit: Intel before 2023, AMD.
  tileless: () => ({
    flags: "-mno-amx-tile -mno-amx-bf16 -mno-amx-int8",
    env: { ONEDNN_MAX_CPU_ISA: "AVX512_CORE_BF16" },
  }),
  // Intel before 2017, AMD before 2022.
  avx2: () => ({
    flags: "-march=x86-64-v3",
    env: { ATEN_CPU_CAPABILITY: "avx2", ONEDNN_MAX_CPU_ISA: "AVX2", MKL_ENABLE_INSTRUCTIONS: "AVX2" },
  }),
  // No vector instructions but those that every x86-64 has: what a processor of another kind runs.
  portable: () => ({
    flags: "-march=x86-64",
    env: { ATEN_CPU_CAPABILITY: "default", ONEDNN_MAX_CPU_ISA: "SSE41", MKL_ENABLE_INSTRUCTIONS: "SSE4_2" },
  }),
  plain: () => ({ flags: "", env: {} }),
};

/** The path of a library that comes with the compiler. */
function compilerLibrary(name) {
  const { stdout } = run(COMPILER, [`-print-file-name=${name}`], { capture: true });
  const library = stdout.trim();
  if (path.isAbsolute(library)) return library;
  process.stderr.write(`variant: ${COMPILER} has no ${name}; install GCC (Debian: apt-get install g++)\n`);
  process.exit(1);
}

/** What `LIBTORCH` names; the usual build is left as it is. */
function chosenLibtorch() {
  const { LIBTORCH } = process.env;
  if ((LIBTORCH ?? "") === "") return undefined;
  setUp({ quiet: true, hasTorch: false });
  return LIBTORCH;
}

/** The libtorch of the usual build, as `LIBTORCH` takes it. */
function usualLibtorch() {
  setUp({ quiet: true });
  const result = runNode(SETUP, ["setup", "--print"], { capture: true });
  exitOnFailure(result);
  return JSON.parse(result.stdout).libtorch.replace(/\/lib(\/[^/]*-linux-gnu)?$/, "");
}

const [name, ...args] = process.argv.slice(2);
const variant = VARIANTS[name]?.();
if (variant === undefined) {
  process.stderr.write(
    `usage: npm run variant -- NAME [VITEST ARGS], NAME one of ${Object.keys(VARIANTS).join(", ")}\n`,
  );
  process.exit(2);
}
const build = {
  LIBTORCH: chosenLibtorch() ?? usualLibtorch(),
  INTERFUSE_CACHE: path.join(ROOT, "node_modules/.variants", name),
  CXX: COMPILER,
  CXXFLAGS: variant.flags,
};
exitOnFailure(runNode(SETUP, ["setup"], { env: build }));
const VITEST = path.join(ROOT, "node_modules/vitest/vitest.mjs");
exitOnFailure(
  run(process.execPath, [VITEST, "run", "--testTimeout=1200000", ...(args.length > 0 ? args : TESTS)], {
    env: { ...build, CI: "true", ...variant.env }, // CI: where the addon does not load, nothing would be tested
  }),
);
