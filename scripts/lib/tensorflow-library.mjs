/** libtensorflow from the Python wheel: the only current build of it that is published. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cacheFolder } from "./cache-folder.mjs";
import { run } from "./process.mjs";

/** The pinned wheel, for processors only; it brings headers and libraries, and needs none of its dependencies here. */
const WHEEL = "tensorflow-cpu==2.21.0";
const PIP_INSTALL = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"];

/** Names of the libraries that an addon links. */
export const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];

/** Ways to install the wheel, in the order in which they are tried: Debian's Python may lack venv or pip. */
const ATTEMPTS = [
  {
    name: "python3 -m venv",
    install: (folder) => {
      const made = run("python3", ["-m", "venv", folder], { capture: true });
      if (made.status !== 0) return made;
      return run(path.join(folder, "bin", "python3"), [...PIP_INSTALL, WHEEL], { capture: true });
    },
  },
  {
    name: "pip install --target",
    install: (folder) => run("python3", [...PIP_INSTALL, "--target", folder, WHEEL], { capture: true }),
  },
];

/**
 * The folder with libtensorflow's libraries and `include/`; installs the wheel into the cache when it is not there.
 * @throws Error with one line for each attempt when none worked
 */
export function getTensorflow(say) {
  const root = path.join(cacheFolder("tensorflow"), WHEEL.replace("==", "-"));
  const known = findTensorflow(root);
  if (known !== undefined) return known;
  const failures = [];
  for (const { name, install } of ATTEMPTS) {
    say(`installing ${WHEEL} by ${name} (about 250 MB)`);
    rmSync(root, { recursive: true, force: true });
    const { status, stdout, stderr } = install(root);
    const found = findTensorflow(root);
    if (status === 0 && found !== undefined) return found;
    failures.push(`${name}: ${`${stdout}${stderr}`.trim().split("\n").at(-1)}`);
  }
  throw new Error(`${WHEEL} could not be installed: ${failures.join("; ")}`);
}

/** The package's folder below a virtual environment or a target folder. */
function findTensorflow(root) {
  const lib = path.join(root, "lib");
  const environments = existsSync(lib) ? readdirSync(lib).map((python) => path.join(lib, python, "site-packages")) : [];
  return [root, ...environments]
    .map((folder) => path.join(folder, "tensorflow"))
    .find((folder) => LIBRARIES.every((name) => existsSync(path.join(folder, name))));
}
