/**
 * `npm run conformance -- [--backend NAME ...] [--filter TEXT] [--bf16] [--json] [--write]`: TensorFlow.js's own specs
 * on backends. `--bf16` stores what is written on `torch` as bfloat16, `--write` runs all backends and writes the pages.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { tf } from "@interfuse/tensor";
import { bundleSpecs } from "./bundle-specs.ts";
import { ACCELERATOR_EXCEPTIONS, BFLOAT16_EXCEPTIONS } from "./exceptions.ts";
import { type KernelSource, kernelPage, kernelSources } from "./kernel-page.ts";
import { bfloat16Section, conformancePage, countsTable, torchSections } from "./report.ts";
import { type Outcome, runBackend, type TestedBackend } from "./run-backend.ts";
import { judge, type Verdict } from "./verdict.ts";

const ALL_BACKENDS: readonly TestedBackend[] = ["torch", "tensorflow", "wasm", "cpu"];

const { values } = parseArgs({
  options: {
    backend: { type: "string", multiple: true, default: ["torch"] },
    filter: { type: "string", default: "" },
    bf16: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const backends = values.write ? ALL_BACKENDS : ALL_BACKENDS.filter((name) => values.backend.includes(name));
const unknown = values.backend.find((name) => !ALL_BACKENDS.some((backend) => backend === name));
if (unknown !== undefined) {
  process.stderr.write(`conformance: --backend (="${unknown}") must be one of ${ALL_BACKENDS.join(", ")}\n`);
  process.exit(2);
}

const bundle = await bundleSpecs();
const outcomes = new Map<TestedBackend, Outcome>();
const verdicts = new Map<TestedBackend, Verdict | undefined>();
for (const backend of backends) {
  const outcome = await runBackend({ backend, bundle, filter: values.filter, storeBfloat16: values.bf16 });
  outcomes.set(backend, outcome);
  verdicts.set(backend, judgeOutcome(outcome, values.bf16));
}

if (values.json) process.stdout.write(`${JSON.stringify(jsonReport())}\n`);
else process.stdout.write(textReport());
if (values.write) await writePages();
if (verdicts.get("torch")?.failed.length) process.exitCode = 1;

function judgeOutcome(outcome: Outcome, isBfloat16: boolean): Verdict | undefined {
  if (outcome.kind !== "ran") return undefined;
  const ofDevice = outcome.device === "cpu" ? {} : ACCELERATOR_EXCEPTIONS;
  return judge(outcome.specs, { ...ofDevice, ...(isBfloat16 ? BFLOAT16_EXCEPTIONS : {}) });
}

function jsonReport(): object {
  const entries = backends.map((backend) => {
    const outcome = outcomes.get(backend) as Outcome;
    return [backend, outcome.kind === "ran" ? { ...verdicts.get(backend), seconds: outcome.seconds } : outcome];
  });
  return { ...Object.fromEntries(entries), ...nativeReport() };
}

/** Which pages are not what a run with `--write` would leave, and which kernels do not compute natively. */
function nativeReport(): object {
  const sources = torchKernels();
  const verdict = verdicts.get("torch");
  // The pages say what runs on the processor.
  if (sources === undefined || verdict === undefined || torchDevice() !== "cpu") return {};
  const current: Record<string, string> = values.bf16
    ? { "conformance.md": bfloat16Section(verdict) }
    : { "conformance.md": torchSections(verdict), "kernels.md": kernelPage(sources) };
  const stalePages = Object.entries(current)
    .filter(([name, text]) => !existsSync(page(name)) || !readFileSync(page(name), "utf8").includes(text))
    .map(([name]) => name);
  return { stalePages, notNative: sources.filter(({ isNative }) => !isNative).map(({ kernel }) => kernel) };
}

function torchDevice(): string | undefined {
  const torch = outcomes.get("torch");
  return torch?.kind === "ran" ? torch.device : undefined;
}

function torchKernels(): KernelSource[] | undefined {
  const torch = outcomes.get("torch");
  return torch?.kind === "ran" && torch.nativeCalls !== undefined ? kernelSources(torch.nativeCalls) : undefined;
}

function textReport(): string {
  const parts = [countsTable(verdicts)];
  for (const [backend, outcome] of outcomes) {
    if (outcome.kind === "missing") parts.push(`${backend} is not installed: ${outcome.reason}`);
    else parts.push(`${backend} on ${outcome.device}: ${outcome.seconds.toFixed(1)} s`);
    for (const { spec, reason } of verdicts.get(backend)?.failed ?? [])
      parts.push(`${backend} fails: ${spec}\n  ${reason}`);
  }
  return `${parts.join("\n")}\n`;
}

function page(name: string): string {
  return fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
}

async function writePages(): Promise<void> {
  const sources = torchKernels();
  const bfloat16 = judgeOutcome(await runBackend({ backend: "torch", bundle, filter: "", storeBfloat16: true }), true);
  if (sources === undefined || bfloat16 === undefined) throw new Error("conformance: torch did not run");
  writeFileSync(page("conformance.md"), conformancePage(verdicts, bfloat16, tf.version["tfjs-core"]));
  writeFileSync(page("kernels.md"), kernelPage(sources));
}
