/** The page `docs/conformance.md`. */
import type { TestedBackend } from "./run-backend.ts";
import type { Exception, Verdict } from "./verdict.ts";

/** Counts of one backend in a line of the table; undefined when the backend is not installed. */
function countsLine(backend: string, verdict: Verdict | undefined): string {
  if (verdict === undefined) return `| ${backend} | not installed | | | |`;
  const { passed, failed, notApplicable } = verdict;
  const share = ((100 * passed) / (passed + failed.length)).toFixed(2);
  return `| ${backend} | ${passed} | ${failed.length} | ${notApplicable.length} | ${share}% |`;
}

/** A table of counts. */
export function countsTable(verdicts: ReadonlyMap<TestedBackend, Verdict | undefined>): string {
  const header = "| backend | passed | failed | not applicable | passed of applicable |\n|---|---|---|---|---|";
  return [header, ...[...verdicts].map(([backend, verdict]) => countsLine(backend, verdict))].join("\n");
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

/** What Markdown would take for markup. */
function escaped(text: string): string {
  return text.trim().replace(/[<>[\]*_|\\`]/g, "\\$&");
}

/** What the page says of `torch` alone, which is compared when only `torch` ran. */
export function torchParts(torch: Verdict): string[] {
  return [countsLine("torch", torch), sections(torch)];
}

function sections(torch: Verdict): string {
  return `## Failing on torch

${torch.failed.length === 0 ? "None." : byReason(torch.failed)}

## Not applicable to torch

${byReason(torch.notApplicable)}
`;
}

/** The page; `verdicts` holds `torch` at least. */
export function conformancePage(verdicts: ReadonlyMap<TestedBackend, Verdict | undefined>, version: string): string {
  return `# Conformance

TensorFlow.js ${version} ships the specs of its operations; this is how backends do on them. Written by
\`npm run conformance -- --write\`; a test runs the specs on \`torch\` and compares this page.

${countsTable(verdicts)}

\`cpu\`, \`wasm\` and \`tensorflow\` are TensorFlow.js's own backends, for comparison.

${sections(verdicts.get("torch") as Verdict)}`;
}
