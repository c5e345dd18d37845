/** What computes a run: its bits are the same only on the same backend, device and precision, with as many threads. */
import { usedBackend } from "@interfuse/tensor";
import type { JsonObject } from "@interfuse/training";

/** What computes here, as checkpoints keep it. */
export function computeHere(): JsonObject {
  const report = usedBackend();
  if (report === undefined) return {};
  const { backend, device, precision, threads } = report;
  return { backend, device, precision, threads };
}

/** How what computes here differs from what computed a checkpoint, as a warning; undefined where it does not. */
export function computeWarning(saved: JsonObject, here: JsonObject = computeHere()): string | undefined {
  const changed = Object.keys(here).filter((key) => saved[key] !== undefined && saved[key] !== here[key]);
  if (changed.length === 0) return undefined;
  const list = changed.map((key) => `${key}: ${saved[key]} -> ${here[key]}`).join(", ");
  return `resuming with other arithmetic (${list}); the run goes on, but not bit for bit as with the old`;
}
