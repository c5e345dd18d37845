/** The program that `tryBackend` runs: loads one backend, measures it, sends a `BackendTrial` to its parent. */
import { type BackendName, useBackend } from "@interfuse/tensor";
import { measureProductRate } from "@interfuse/train";
import { formatRates } from "./format-report.ts";
import type { BackendTrial } from "./try-backend.ts";

const SECONDS = 1;

async function trial(backend: BackendName): Promise<BackendTrial> {
  try {
    const { library } = await useBackend({ backend, precision: "f32" });
    const rate = await measureProductRate({ warmUpSeconds: SECONDS, seconds: SECONDS });
    return { ok: true, reason: `loads: ${library}, ${formatRates({ f32: rate / 1e9 })}` };
  } catch (error) {
    // The first line says what was asked for, the next why it failed.
    const { message } = error as Error;
    return { ok: false, reason: message.split("\n").at(1)?.trim().replace(`${backend}: `, "") ?? message };
  }
}

process.send?.(await trial(process.argv[2] as BackendName));
process.disconnect?.();
