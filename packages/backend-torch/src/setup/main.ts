#!/usr/bin/env node
/**
 * `npx @interfuse/backend-torch setup [--cuda] [--print]`: finds or gets libtorch, compiles the addon against it and caches
 * both. Fast when nothing is to do. `--cuda` takes none without CUDA. `--print` writes what was found and built as JSON to stdout; progress goes to stderr.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { compileAddons, compilerCommand, compilerFlags } from "./compile.ts";
import { findLibtorch, fromSystem, hasNvidiaCard, isLibtorchChosen, type Libtorch } from "./find-libtorch.ts";
import { getLibtorch } from "./get-libtorch.ts";
import { cacheFolder, NODE_API_VERSION, requireCacheFolder, sourceHash } from "./paths.ts";
import { processorFeatures } from "./processor.ts";
import { type BuildRecord, buildKey, fileDigest, readRecord, writeRecord } from "./record.ts";

const say = (line: string): void => {
  process.stderr.write(`backend-torch: ${line}\n`);
};

/** The build for what is on this machine now, compiled if need be. */
async function setUp({ isForCuda }: { isForCuda: boolean }): Promise<BuildRecord> {
  // First: without a compiler a download would be for nothing.
  const compiler = compilerVersion();
  const libtorch = isForCuda ? await findOrGetCuda() : (findLibtorch() ?? (await getOrSettle()));
  if (libtorch.accelerator === undefined && hasNvidiaCard()) {
    say('this libtorch cannot use the NVIDIA card; "npx @interfuse/backend-torch setup --cuda" gets one that can');
  }
  const sources = sourceHash();
  const key = buildKey([
    sources,
    libtorch.version,
    libtorch.libraryFolder,
    compiler,
    ...processorFeatures(),
    compilerFeatures(),
    `node-api ${NODE_API_VERSION}`,
    ...compilerFlags(libtorch),
  ]);
  const known = readRecord(sources);
  if (known?.key === key && isIntact(known)) {
    say(`ready: libtorch ${known.version} (${known.origin})`);
    return known;
  }
  requireCacheFolder();
  const folder = join(cacheFolder(), "addons", key);
  const addons = await build(libtorch, folder);
  const { version, versionFile, libraryFolder, origin } = libtorch;
  const digests = [fileDigest(addons.addon), fileDigest(addons.prepare)] as const;
  const record: BuildRecord = { ...addons, digests, key, version, versionFile, libtorch: libraryFolder, origin };
  writeRecord(sources, record);
  return record;
}

/** Whether the files of a build are there as they were made. */
function isIntact({ addon, prepare, digests }: BuildRecord): boolean {
  try {
    return fileDigest(addon) === digests[0] && fileDigest(prepare) === digests[1];
  } catch {
    return false;
  }
}

/** A libtorch with CUDA. @throws Error when `LIBTORCH` names one without, or none can be got */
async function findOrGetCuda(): Promise<Libtorch> {
  const found = findLibtorch({ wantsCuda: true });
  if (found?.accelerator === "cuda") return found;
  if (isLibtorchChosen())
    throw new Error(`the libtorch in ${found?.origin} has no CUDA; unset LIBTORCH or name another`);
  requireCacheFolder();
  return await getLibtorch(say, { isForCuda: true });
}

/** A current libtorch from the network, or else an old one of the system. */
async function getOrSettle(): Promise<Libtorch> {
  requireCacheFolder();
  try {
    return await getLibtorch(say);
  } catch (error) {
    const old = fromSystem();
    if (old === undefined) throw error;
    say(`settling for libtorch ${old.version} (${old.origin}), which is slow in bf16`);
    return old;
  }
}

async function build(libtorch: Libtorch, folder: string): Promise<{ addon: string; prepare: string }> {
  const kind = libtorch.accelerator === undefined ? "" : ` with ${libtorch.accelerator}`;
  say(
    `compiling against libtorch ${libtorch.version}${kind} (${libtorch.origin}), one to two minutes on two processors`,
  );
  const start = Date.now();
  const addons = await compileAddons(libtorch, folder, (done, total) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\rbackend-torch: ${done} of ${total} files${done === total ? "\n" : ""}`);
  });
  say(`compiled in ${Math.round((Date.now() - start) / 1000)} s: ${addons.addon}`);
  return addons;
}

function compilerVersion(): string {
  try {
    return execFileSync(compilerCommand(), ["--version"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).split("\n")[0] as string;
  } catch {
    throw new Error(
      `no C++ compiler: "${compilerCommand()}" does not run; install one (Debian: apt-get install g++) or name it in CXX`,
    );
  }
}

/** The instruction sets that `-march=native` sees. */
function compilerFeatures(): string {
  try {
    return execFileSync(compilerCommand(), ["-march=native", "-dM", "-E", "-x", "c", "/dev/null"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => /__(AVX|SSE|FMA|BMI|F16C|ARM_FEATURE)/.test(line))
      .join(" ");
  } catch {
    return "";
  }
}

async function main(args: readonly string[]): Promise<void> {
  const [command, ...options] = args;
  if (command !== "setup" || options.some((option) => !["--print", "--cuda"].includes(option))) {
    process.stderr.write("usage: npx @interfuse/backend-torch setup [--cuda] [--print]\n");
    process.exitCode = 2;
    return;
  }
  try {
    const record = await setUp({ isForCuda: options.includes("--cuda") });
    if (options.includes("--print")) process.stdout.write(`${JSON.stringify(record)}\n`);
  } catch (error) {
    say(`set-up failed: ${error instanceof Error ? error.message : String(error)}`);
    say(
      "needs a C++ compiler and libtorch 1.13 or newer: install g++ and let set-up reach the network (Linux on ARM: install python3-venv too), or set LIBTORCH to a folder with include/ and lib/",
    );
    process.exitCode = 1;
  }
}

await main(process.argv.slice(2));
