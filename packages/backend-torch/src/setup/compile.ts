import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Libtorch } from "./find-libtorch.ts";
import { NATIVE_FOLDER, NODE_API_VERSION, nativeFiles, nodeApiHeaders } from "./paths.ts";

/** The two addons of a build. */
export interface CompiledAddons {
  readonly addon: string;
  readonly prepare: string;
}

/** The C++ compiler: `CXX`, else `c++`. */
export function compilerCommand(): string {
  return process.env.CXX || "c++";
}

/** Whether a libtorch has the interfaces through which the addon computes on other devices than the processor. */
function hasDevices({ version }: Libtorch): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 10);
}

/** Flags that a build depends on besides libtorch's location; those of `CXXFLAGS` come last. */
export function compilerFlags(libtorch: Libtorch): string[] {
  // Headers from 2.10 on use C++20; earlier ones are tested with C++17.
  const standard = hasDevices(libtorch) ? "c++20" : "c++17";
  return [
    `-std=${standard}`,
    "-O3",
    process.arch === "arm64" && process.platform === "darwin" ? "-mcpu=native" : "-march=native",
    "-ffp-contract=fast",
    "-fno-math-errno",
    ...openMp(),
    "-fPIC",
    "-fvisibility=hidden",
    "-w",
    `-D_GLIBCXX_USE_CXX11_ABI=${libtorch.cxx11Abi}`,
    `-DNAPI_VERSION=${NODE_API_VERSION}`,
    // 1.x comes from distributions, with an OpenBLAS that has threads of its own.
    ...(libtorch.version.startsWith("1.") ? ["-DINTERFUSE_PASSIVE_WAIT"] : []),
    ...(hasDevices(libtorch) ? ["-DINTERFUSE_DEVICES"] : []),
    ...(process.env.CXXFLAGS ?? "").split(/\s+/).filter(Boolean),
  ];
}

/**
 * Compiles the addon into `folder`, as many files at a time as there are processors.
 *
 * @param progress told after each file
 * @throws Error with the compiler's first error
 */
export async function compileAddons(
  libtorch: Libtorch,
  folder: string,
  progress: (done: number, total: number) => void,
): Promise<CompiledAddons> {
  const building = `${folder}.${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  const flags = [...compilerFlags(libtorch), ...includes(libtorch), "-I", building];
  const units = unitsFor(libtorch);
  const total = units.length + 2;
  let done = 0;
  const report = (): void => progress(++done, total);
  try {
    await run([
      ...flags,
      "-x",
      "c++-header",
      join(NATIVE_FOLDER, "precompiled.h"),
      "-o",
      join(building, "precompiled.h.gch"),
    ]);
    report();
    const objects = await compileAll(units, building, [...flags, "-include", "precompiled.h"], report);
    await link(objects, libtorch, join(building, "addon.node"));
    await run([
      ...flags,
      "-shared",
      ...undefinedSymbols(),
      join(NATIVE_FOLDER, "prepare.cc"),
      "-o",
      join(building, "prepare.node"),
    ]);
    for (const file of [...objects, join(building, "precompiled.h.gch")]) rmSync(file);
    report();
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return { addon: join(folder, "addon.node"), prepare: join(folder, "prepare.node") };
}

/** Compiles one source file into an addon of its own, linked to libtorch. @throws Error with the compiler's first error */
export async function compileSingle(libtorch: Libtorch, source: string, output: string): Promise<void> {
  const object = `${output}.${process.pid}.o`;
  mkdirSync(dirname(output), { recursive: true });
  try {
    await run([...compilerFlags(libtorch), ...includes(libtorch), "-c", source, "-o", object]);
    await link([object], libtorch, output);
  } finally {
    rmSync(object, { force: true });
  }
}

/** Not -isystem: given /usr/include it would break the compiler's own search order. */
function includes(libtorch: Libtorch): string[] {
  return [...libtorch.includeFolders, nodeApiHeaders()].flatMap((include) => ["-I", include]);
}

/** Source files that the compiler reads as one. */
interface Unit {
  readonly name: string;
  readonly sources: readonly string[];
}

/**
 * The addon's units, the longest first: those in `aten/` only where libtorch can use them, none of `testing/`. Reading the headers
 * of libtorch's operations takes seconds, so files that call them are few units; a file that computes is one.
 */
function unitsFor(libtorch: Libtorch): Unit[] {
  const files = nativeFiles().filter((file) => file.endsWith(".cc"));
  const inFolder = (folder: string) => files.filter((file) => basename(dirname(file)) === folder);
  return [
    { name: "operations", sources: inFolder("operations") },
    { name: "binding", sources: [...inFolder("binding"), ...inFolder("device")] },
    ...(hasDevices(libtorch) ? [{ name: "aten", sources: inFolder("aten") }] : []),
    ...inFolder("compute").map((file) => ({ name: basename(file, ".cc"), sources: [file] })),
  ];
}

async function compileAll(
  units: readonly Unit[],
  folder: string,
  flags: readonly string[],
  report: () => void,
): Promise<string[]> {
  const queue = [...units];
  const objects: string[] = [];
  const worker = async (): Promise<void> => {
    for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
      const source = join(folder, `${unit.name}.cc`);
      const object = join(folder, `${unit.name}.o`);
      writeFileSync(source, unit.sources.map((file) => `#include ${JSON.stringify(file)}\n`).join(""));
      await run([...flags, "-c", source, "-o", object]);
      rmSync(source);
      objects.push(object);
      report();
    }
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  return objects;
}

async function link(objects: readonly string[], libtorch: Libtorch, output: string): Promise<void> {
  const { libraryFolder } = libtorch;
  // Not -Wl, which would split a folder's name at its commas.
  const rpath = ["-L", libraryFolder, "-Xlinker", "-rpath", "-Xlinker", libraryFolder];
  // nodelete: OpenMP's threads would outlive an addon that the last worker unloads.
  const linux = process.platform === "linux" ? ["-Wl,-z,nodelete", "-Wl,--no-as-needed"] : [];
  await run([
    "-shared",
    ...openMp(),
    ...undefinedSymbols(),
    ...objects,
    ...rpath,
    ...linux,
    "-ltorch",
    "-ltorch_cpu",
    "-lc10",
    // They register CUDA's kernels when they are loaded; no symbol of theirs is used.
    ...(libtorch.accelerator === undefined ? [] : [`-ltorch_${libtorch.accelerator}`, `-lc10_${libtorch.accelerator}`]),
    "-o",
    output,
  ]);
}

/** libtorch's parallel loops are templates, and run on one thread unless the caller is compiled with OpenMP too. */
function openMp(): string[] {
  return process.platform === "linux" ? ["-fopenmp"] : [];
}

/** On macOS the linker must be told that Node itself provides Node-API. */
function undefinedSymbols(): string[] {
  return process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : [];
}

function run(args: readonly string[]): Promise<void> {
  const command = compilerCommand();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.on("error", (cause) =>
      reject(new Error(`the C++ compiler "${command}" does not start: ${cause.message}`, { cause })),
    );
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(firstError(errors) ?? `${command} ended with code ${code}`));
    });
  });
}

function firstError(output: string): string | undefined {
  return output.split("\n").find((line) => /(?:fatal )?error: |undefined reference|cannot find -l/.test(line));
}
