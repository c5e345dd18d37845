import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fromCache, fromSystem, type Libtorch } from "./find-libtorch.ts";
import { cacheFolder } from "./paths.ts";

/** The pinned version. The suffix names a build for processors only: without it pip could choose gigabytes of CUDA. */
const WHEEL_VERSION = process.platform === "darwin" ? "2.13.0" : "2.13.0+cpu";

/** PyTorch's own index of builds for processors. This address stands nowhere else. */
const CPU_INDEX = "https://download.pytorch.org/whl/cpu";

/** An attempt to get libtorch, in the order in which they are made. */
interface Attempt {
  readonly name: string;
  readonly run: () => Libtorch | undefined;
}

/**
 * Gets a libtorch: the pinned wheel into a virtual environment, the same by pip without one, a Debian package.
 *
 * @param log told before each attempt
 * @throws Error with one line per attempt when none worked
 */
export function getLibtorch(log: (line: string) => void): Libtorch {
  const attempts: Attempt[] = [
    { name: `pip install torch==${WHEEL_VERSION} into a virtual environment`, run: installInEnvironment },
    { name: `pip download torch==${WHEEL_VERSION} and unpack it`, run: downloadAndUnpack },
    { name: "apt-get install libtorch-dev libopenblas0-pthread", run: installDebianPackage },
  ];
  const failures: string[] = [];
  for (const { name, run } of attempts) {
    log(`getting libtorch: ${name} ...`);
    try {
      const found = run();
      if (found !== undefined) return found;
      failures.push(`${name}: no libtorch came of it`);
    } catch (error) {
      failures.push(`${name}: ${lastLine(error)}`);
    }
  }
  throw new Error(`no libtorch could be got: ${failures.join("; ")}`);
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"], maxBuffer: 1 << 26 });
}

function emptyFolder(name: string): string {
  const folder = join(cacheFolder(), "libtorch", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

const PIP_CHOICE = [
  "--no-deps",
  "--no-input",
  "--retries",
  "0",
  "--extra-index-url",
  CPU_INDEX,
  `torch==${WHEEL_VERSION}`,
];

function installInEnvironment(): Libtorch | undefined {
  const folder = emptyFolder("venv");
  run("python3", ["-m", "venv", folder]);
  run(join(folder, "bin", "python3"), ["-m", "pip", "install", "--quiet", ...PIP_CHOICE]);
  return fromCache();
}

function downloadAndUnpack(): Libtorch | undefined {
  const folder = emptyFolder("unpacked");
  run("python3", ["-m", "pip", "install", "--quiet", "--target", folder, ...PIP_CHOICE]);
  return fromCache();
}

function installDebianPackage(): Libtorch | undefined {
  if (process.getuid?.() !== 0) throw new Error("needs root");
  run("apt-get", ["install", "--yes", "--quiet", "libtorch-dev", "libopenblas0-pthread"]);
  return fromSystem();
}

function lastLine(error: unknown): string {
  const stderr = (error as { stderr?: string }).stderr ?? "";
  const message = stderr.trim().split("\n").at(-1) || (error instanceof Error ? error.message : String(error));
  return message.split("\n")[0] as string;
}
