import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { cacheFolder } from "./paths.ts";

/** Devices that a build of libtorch may be for; libtorch calls both "cuda". */
export type Accelerator = "cuda" | "hip";

/** A libtorch to compile against. */
export interface Libtorch {
  /** Where it came from, in words. */
  readonly origin: string;
  /** For example "2.13.0". */
  readonly version: string;
  /** The header that says the version. */
  readonly versionFile: string;
  readonly includeFolders: readonly string[];
  readonly libraryFolder: string;
  /** What it computes on besides processors. */
  readonly accelerator: Accelerator | undefined;
  /** The value of _GLIBCXX_USE_CXX11_ABI it was built with. */
  readonly cxx11Abi: "0" | "1";
}

/** The origin of what set-up got itself. */
export const COPY = "set-up's own copy";
/** Oldest version that the C++ sources compile against. */
const OLDEST = [1, 13] as const;
/** Distributions' 1.x packages compute bf16 products many times slower: taken only when nothing newer can be had. */
const OLDEST_PREFERRED_MAJOR = 2;

/** Whether `LIBTORCH` names the libtorch to use. */
export function isLibtorchChosen(): boolean {
  return (process.env.LIBTORCH ?? "") !== "";
}

/**
 * The first usable libtorch of: `LIBTORCH`, a Python `torch`, a system package of 2.x, copies that set-up got earlier.
 * Where there is an NVIDIA card, or `wantsCuda`, one that has CUDA comes first.
 *
 * @throws Error when `LIBTORCH` is set but holds no libtorch: what was asked for is never silently replaced
 */
export function findLibtorch({ wantsCuda = hasNvidiaCard() }: { wantsCuda?: boolean } = {}): Libtorch | undefined {
  if (isLibtorchChosen()) {
    const chosen = process.env.LIBTORCH as string;
    // Absolute: what is compiled against it runs in other working folders.
    const found = inspect(resolve(chosen), `LIBTORCH=${chosen}`);
    if (found === undefined) {
      throw new Error(
        `LIBTORCH (="${chosen}") must be a folder with include/ and lib/ of libtorch ${OLDEST.join(".")} or newer; unset it to search`,
      );
    }
    return found;
  }
  const system = fromSystem();
  const isPreferred = system !== undefined && Number.parseInt(system.version, 10) >= OLDEST_PREFERRED_MAJOR;
  const found = [fromPython("python3", "Python's torch"), isPreferred ? system : undefined, ...cachedCopies()].filter(
    (libtorch) => libtorch !== undefined,
  );
  return (wantsCuda ? found.find(({ accelerator }) => accelerator !== undefined) : undefined) ?? found[0];
}

/** Whether NVIDIA's driver lists a card. */
export function hasNvidiaCard(): boolean {
  try {
    return execFileSync("nvidia-smi", ["-L"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).includes(
      "GPU",
    );
  } catch {
    return false;
  }
}

/** The libtorch inside the `torch` of a Python interpreter; found without importing it, which takes seconds. */
export function fromPython(python: string, origin: string): Libtorch | undefined {
  const script = "import importlib.util as u; s = u.find_spec('torch'); print(s.origin if s else '')";
  try {
    const initFile = execFileSync(python, ["-c", script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    return initFile === "" ? undefined : inspect(join(initFile, ".."), origin);
  } catch {
    return undefined;
  }
}

/** The first of `cachedCopies`. */
export function fromCache(): Libtorch | undefined {
  return cachedCopies()[0];
}

/** What set-up put into the cache earlier: virtual environments, an unpacked wheel, PyTorch's unpacked archives. */
function cachedCopies(): Libtorch[] {
  const root = join(cacheFolder(), "libtorch");
  return [
    ...["venv", "venv-cuda"].map((name) => fromPython(join(root, name, "bin", "python3"), COPY)),
    ...["unpacked/torch", "archive/libtorch", "archive-cuda/libtorch"].map((name) => inspect(join(root, name), COPY)),
  ].filter((libtorch) => libtorch !== undefined);
}

/** The package of a Linux distribution or Homebrew. */
export function fromSystem(): Libtorch | undefined {
  for (const prefix of ["/usr", "/usr/local", "/opt/homebrew"]) {
    const found = inspect(prefix, `system package in ${prefix}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The libtorch in a folder with `include/` and `lib/`, or undefined when there is none or it is too old. */
export function inspect(folder: string, origin: string): Libtorch | undefined {
  const include = join(folder, "include");
  const api = join(include, "torch", "csrc", "api", "include");
  // Newer versions keep the numbers in a header of their own.
  const versionFile = [join(include, "torch", "headeronly", "version.h"), join(api, "torch", "version.h")].find(
    existsSync,
  );
  const libraryFolder = librariesIn(join(folder, "lib"));
  if (libraryFolder === undefined || versionFile === undefined || !existsSync(join(include, "ATen", "ATen.h")))
    return undefined;
  const version = readVersion(versionFile);
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) return undefined;
  const cxx11Abi = abiOf(folder, libraryFolder);
  const accelerator = acceleratorOf(libraryFolder);
  return { origin, version, versionFile, includeFolders: [include, api], libraryFolder, accelerator, cxx11Abi };
}

function acceleratorOf(libraryFolder: string): Accelerator | undefined {
  return (["cuda", "hip"] as const).find((name) => existsSync(join(libraryFolder, `libtorch_${name}.so`)));
}

/** `lib` itself or its multi-architecture subfolder (Debian), whichever holds libtorch. */
function librariesIn(lib: string): string | undefined {
  if (statSync(lib, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const subfolders = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.name.includes("-linux-gnu"));
  const candidates = [lib, ...subfolders.map((entry) => join(lib, entry.name))];
  return candidates.find(
    (folder) => existsSync(join(folder, "libtorch_cpu.so")) || existsSync(join(folder, "libtorch_cpu.dylib")),
  );
}

/** The version that a header of libtorch says, for example "2.13.0". */
export function readVersion(versionFile: string): string {
  const header = readFileSync(versionFile, "utf8");
  const part = (name: string): string => new RegExp(`TORCH_VERSION_${name} (\\d+)`).exec(header)?.[1] ?? "0";
  return `${part("MAJOR")}.${part("MINOR")}.${part("PATCH")}`;
}

function abiOf(folder: string, libraryFolder: string): "0" | "1" {
  for (const config of [
    join(folder, "share", "cmake", "Torch", "TorchConfig.cmake"),
    join(libraryFolder, "cmake", "Torch", "TorchConfig.cmake"),
  ]) {
    if (existsSync(config)) return /_GLIBCXX_USE_CXX11_ABI=0/.test(readFileSync(config, "utf8")) ? "0" : "1";
  }
  return "1";
}
