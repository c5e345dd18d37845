import { type BackendReport, useBackend } from "@interfuse/tensor";
import { logLine, stderrOutput } from "@interfuse/train";
import type { GlobalOptions } from "./global-options.ts";

/** Chooses the backend that the global flags ask for, and says on stderr which it is and why. */
export async function startBackend({
  backend,
  device,
  precision,
  threads,
  json,
  quiet,
}: GlobalOptions): Promise<BackendReport> {
  const report = await useBackend({ backend, device, precision, threads });
  const output = stderrOutput({ isQuiet: quiet, isJson: json });
  const { library, reason } = report;
  logLine(
    output,
    `backend ${report.backend} on ${report.device}, ${report.precision}, ${report.threads} threads (${library}): ${reason}`,
  );
  return report;
}
