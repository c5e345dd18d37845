/** The page `docs/kernels.md`: what computes each kernel of `torch`, as seen while the specs ran. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { KERNELS_NOT_NATIVE, OMITTED_KERNELS } from "./exceptions.ts";
import type { NativeCalls } from "./instrument-addon.ts";
import { table } from "./markdown.ts";

const TABLES = fileURLToPath(new URL("../../../packages/backend-torch/native/binding/", import.meta.url));

/** Functions of the addon that bring values from or to JavaScript: what a kernel computed there would need. */
const DATA_FUNCTIONS = ["read", "write"];

/** What computes one kernel. */
export interface KernelSource {
  readonly kernel: string;
  /** Functions of the addon. */
  readonly natives: readonly string[];
  /** Whether a spec called it; else the native function is the one of its name. */
  readonly isSeen: boolean;
  /** Whether it called the addon, and no values went through JavaScript. */
  readonly isNative: boolean;
}

/** C++ functions by the name under which the addon exports them, from the binding's tables. */
function boundFunctions(): Map<string, string> {
  const functions = new Map<string, string>();
  for (const file of readdirSync(TABLES).filter((name) => name.endsWith("_table.cc"))) {
    const text = readFileSync(`${TABLES}${file}`, "utf8");
    for (const [, name, target] of text.matchAll(/\{"(\w+)", (?:bind\w*<|BY_DEVICE\()(.+)[>)]\}/g)) {
      functions.set(name as string, (target as string).replace(/^static_cast<.*>\((.*)\)$/, "$1"));
    }
  }
  return functions;
}

/** What computes each registered kernel. */
export function kernelSources({ kernels, functions, byKernel }: NativeCalls): KernelSource[] {
  return kernels.map((kernel) => {
    const seen = byKernel[kernel];
    const called = seen ?? functions.filter((name) => name === kernel);
    const natives = called.filter((name) => !DATA_FUNCTIONS.includes(name));
    const isNative = called.length > 0 && natives.length === called.length;
    return { kernel, natives, isSeen: seen !== undefined, isNative };
  });
}

/** The page. */
export function kernelPage(sources: readonly KernelSource[]): string {
  const bound = boundFunctions();
  const rows = sources.map(({ kernel, natives, isSeen }) => {
    const targets = natives.map((name) => `\`${bound.get(name) ?? name}\``).join(", ");
    return [kernel, KERNELS_NOT_NATIVE[kernel] ?? targets, isSeen ? "specs" : "own tests"];
  });
  return `# Kernels of backend torch

The C++ function behind each kernel (\`at::\` is ATen, the others are in \`compute/\` and \`operations/\` of \`packages/backend-torch/native/\`), as seen
while TensorFlow.js's specs ran, or by name where only our own tests call the kernel. Strings have no native form: kernels that
move elements move their positions natively and the strings follow. Kernels that compute on strings, and on ragged tensors,
run TensorFlow.js's own JavaScript. Written by \`npm run conformance -- --write\`; a test compares this page.

${table(["kernel", "native function", "seen in"], rows)}

Left out:

${table(["kernel", "reason"], Object.entries(OMITTED_KERNELS))}
`;
}
