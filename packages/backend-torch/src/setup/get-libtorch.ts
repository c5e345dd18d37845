import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { downloadArchive } from "./download-archive.ts";
import { COPY, fromCache, fromPython, fromSystem, inspect, type Libtorch } from "./find-libtorch.ts";
import { cacheFolder } from "./paths.ts";
import { unpackArchive } from "./unpack-archive.ts";

/** The pinned version. */
const VERSION = "2.13.0";

/** The suffix names a build for processors only: without it pip could choose gigabytes of CUDA. */
const WHEEL_VERSION = process.platform === "darwin" ? VERSION : `${VERSION}+cpu`;

/** PyTorch's own addresses: its index for pip of builds for processors, its archives by what they are built for. */
const CPU_INDEX = "https://download.pytorch.org/whl/cpu";
const ARCHIVES = "https://download.pytorch.org/libtorch";

/** The CUDA that the pinned version's own wheels are built with, as PyTorch's addresses name it. */
const CUDA = "cu130";

/** An attempt to get libtorch, in the order in which they are made. */
interface Attempt {
  readonly name: string;
  readonly run: () => Libtorch | undefined | Promise<Libtorch | undefined>;
}

/** What `getLibtorch` takes from this machine unless told otherwise. */
export interface GetLibtorchOptions {
  readonly platform?: NodeJS.Platform;
  readonly architecture?: NodeJS.Architecture;
  /** Address of a zip archive with libtorch in its folder `libtorch/`; PyTorch's own by default. */
  readonly archiveAddress?: string;
  /** A build for NVIDIA's cards, some gigabytes, in place of one for processors only. */
  readonly isForCuda?: boolean;
}

/**
 * Gets a libtorch: the pinned wheel into a virtual environment, the same by pip without one, PyTorch's own archive
 * (which needs nothing but Node), a Debian package.
 *
 * @param log told before each attempt, and why it did not work
 * @throws Error with one line per attempt when none worked
 */
export async function getLibtorch(
  log: (line: string) => void,
  {
    platform = process.platform,
    architecture = process.arch,
    archiveAddress,
    isForCuda = false,
  }: GetLibtorchOptions = {},
): Promise<Libtorch> {
  const forCuda: Attempt[] = [
    { name: `pip install torch==${VERSION} with CUDA into a virtual environment`, run: installCudaInEnvironment },
    {
      name: "download PyTorch's archive with CUDA (some gigabytes) and unpack it",
      run: () => installArchive(archiveAddress ?? archiveFor(platform, architecture, CUDA), "archive-cuda"),
    },
  ];
  const forProcessors: Attempt[] = [
    { name: `pip install torch==${WHEEL_VERSION} into a virtual environment`, run: installInEnvironment },
    { name: `pip download torch==${WHEEL_VERSION} and unpack it`, run: downloadAndUnpack },
    {
      name: "download PyTorch's archive (about 130 MB) and unpack it",
      run: () => installArchive(archiveAddress ?? archiveFor(platform, architecture, "cpu"), "archive"),
    },
    { name: "apt-get install libtorch-dev libopenblas0-pthread", run: installDebianPackage },
  ];
  const failures: string[] = [];
  for (const { name, run } of isForCuda ? forCuda : forProcessors) {
    log(`getting libtorch: ${name} ...`);
    try {
      const found = await run();
      if (found === undefined) throw new Error("it gave no libtorch");
      if (isForCuda && found.accelerator !== "cuda") throw new Error("the libtorch it gave has no CUDA");
      return found;
    } catch (error) {
      const reason = lastLine(error);
      log(`did not work: ${reason}`);
      failures.push(`${name}: ${reason}`);
    }
  }
  throw new Error(`no libtorch could be got: ${failures.join("; ")}`);
}

/** Address of PyTorch's archive; it makes none for Linux on ARM, for macOS on Intel, or for musl. */
function archiveFor(platform: NodeJS.Platform, architecture: NodeJS.Architecture, build: string): string {
  if (platform === "linux" && architecture === "x64" && hasGlibc())
    return `${ARCHIVES}/${build}/libtorch-shared-with-deps-${VERSION}%2B${build}.zip`;
  if (platform === "darwin" && architecture === "arm64" && build === "cpu")
    return `${ARCHIVES}/cpu/libtorch-macos-arm64-${VERSION}.zip`;
  throw new Error(
    `skipped: PyTorch has archives for Linux (glibc) on x64 and macOS on arm64, not for this ${platform} on ${architecture}`,
  );
}

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
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

/** The build with CUDA is what pip takes by itself; NVIDIA's libraries come with it. */
function installCudaInEnvironment(): Libtorch | undefined {
  const folder = emptyFolder("venv-cuda");
  const python = join(folder, "bin", "python3");
  run("python3", ["-m", "venv", folder]);
  run(python, ["-m", "pip", "install", "--quiet", "--no-input", "--retries", "0", `torch==${VERSION}`]);
  return fromPython(python, COPY);
}

function downloadAndUnpack(): Libtorch | undefined {
  const folder = emptyFolder("unpacked");
  run("python3", ["-m", "pip", "install", "--quiet", "--target", folder, ...PIP_CHOICE]);
  return fromCache();
}

async function installArchive(address: string, name: string): Promise<Libtorch | undefined> {
  const folder = join(cacheFolder(), "libtorch", name);
  const file = `${folder}.${process.pid}.zip`;
  mkdirSync(dirname(file), { recursive: true });
  try {
    await downloadArchive(address, file);
    await unpackArchive(file, folder);
  } finally {
    rmSync(file, { force: true });
  }
  return inspect(join(folder, "libtorch"), COPY);
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
