/** The page `docs/conformance.md`. */
import { BFLOAT16_EXCEPTIONS } from "./exceptions.ts";
import { escaped, table } from "./markdown.ts";
import type { TestedBackend } from "./run-backend.ts";
import type { Exception, Verdict } from "./verdict.ts";

const HEADER = ["backend", "passed", "failed", "not applicable", "passed of applicable"];

/** Counts of one backend; undefined when the backend is not installed. */
function counts(backend: string, verdict: Verdict | undefined): string[] {
  if (verdict === undefined) return [backend, "not installed"];
  const { passed, failed, notApplicable } = verdict;
  const share = ((100 * passed) / (passed + failed.length)).toFixed(2);
  return [backend, ...[passed, failed.length, notApplicable.length].map(String), `${share}%`];
}

/** A table of counts. */
export function countsTable(verdicts: ReadonlyMap<TestedBackend, Verdict | undefined>): string {
  return table(
    HEADER,
    [...verdicts].map(([backend, verdict]) => counts(backend, verdict)),
  );
}

/** Specs under the reason that they share. */
export function byReason(exceptions: readonly Exception[]): string {
  const groups = new Map<string, string[]>();
  for (const { spec, reason } of exceptions) groups.set(reason, [...(groups.get(reason) ?? []), spec]);
  return [...groups]
    .map(
      ([reason, specs]) =>
        `${escaped(reason)} (${specs.length}):\n\n${specs.map((spec) => `- ${escaped(spec)}`).join("\n")}`,
    )
    .join("\n\n");
}

/** What the page says of `torch` alone, which is compared when only `torch` ran. */
export function torchSections(torch: Verdict): string {
  return `Of the specs that apply to \`torch\` ${torch.passed} pass and ${torch.failed.length} fail.

## Failing on torch

${torch.failed.length === 0 ? "None." : byReason(torch.failed)}

## Not applicable to torch

${byReason(torch.notApplicable)}
`;
}

/** What the page says of `torch` when it stores bfloat16. */
export function bfloat16Section({ passed, failed, notApplicable }: Verdict): string {
  const own = notApplicable.filter(({ spec }) => spec in BFLOAT16_EXCEPTIONS);
  return `## With inputs rounded to bfloat16

\`npm run conformance -- --bf16\` stores every float32 tensor that a spec writes as bfloat16 and lets results differ by
2^-6, relative to what is expected where that is larger than one. Of the specs that apply ${passed} pass, ${failed.length} fail, and
${own.length} cannot pass:

${byReason(own)}
`;
}

/** The page; `verdicts` holds `torch` at least. */
export function conformancePage(
  verdicts: ReadonlyMap<TestedBackend, Verdict | undefined>,
  bfloat16: Verdict,
  version: string,
): string {
  return `# Conformance

TensorFlow.js ${version} ships the specs of its operations; this is how backends do on them. Written by
\`npm run conformance -- --write\`; a test runs the specs on \`torch\` and compares this page.

${countsTable(verdicts)}

\`cpu\`, \`wasm\` and \`tensorflow\` are TensorFlow.js's own backends, for comparison; two specs are defined for \`cpu\` only.

${torchSections(verdicts.get("torch") as Verdict)}
${bfloat16Section(bfloat16)}`;
}
