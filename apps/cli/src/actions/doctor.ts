/** `interfuse doctor`: what computes here and why, what else was tried, how fast it multiplies, what would be faster. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { findLibtorch, hasNvidiaCard, instructionSet, type Libtorch } from "@interfuse/backend-torch";
import { type BackendReport, backendNames, type Precision, useBackend } from "@interfuse/tensor";
import { logLine, measureProductRate, stderrOutput } from "@interfuse/train";
import { formatReport } from "../doctor/format-report.ts";
import type { ProductRates } from "../doctor/report.ts";
import { suggest } from "../doctor/suggest.ts";
import { tryBackend } from "../doctor/try-backend.ts";
import type { GlobalOptions } from "../global-options.ts";

/** Prints the report: text, or with --json one object. */
export async function doctor(options: GlobalOptions): Promise<void> {
  const { backend, device, threads, precision, json, quiet } = options;
  const output = stderrOutput({ isQuiet: quiet || json });
  const load = loadavg()[0] as number;
  const chosen = await useBackend({ backend, device, precision, threads });
  logLine(output, `measuring ${chosen.backend} and trying the others, about 20 seconds ...`);
  const gemm = await measureRates(chosen, options);
  const found = {
    ...chosen,
    processor: cpus()[0]?.model ?? "unknown processor",
    instructionSet: instructionSet(),
    processors: availableParallelism(),
    load,
    gemm,
    tried: await tryOthers(chosen),
  };
  const report = { ...found, suggestion: suggest(found, libtorchHere(), hasNvidiaCard()) ?? null };
  const text = json ? `${JSON.stringify(report)}\n` : formatReport(report, process.stdout.columns ?? 100);
  process.stdout.write(text);
}

/** Every backend in the order of preference: as `useBackend` found it, or tried now. */
async function tryOthers({ backend, library, tried }: BackendReport): Promise<BackendReport["tried"]> {
  const trials: BackendReport["tried"] = [];
  for (const name of backendNames()) {
    if (name === backend) trials.push({ name, ok: true, reason: `chosen: ${library}` });
    else trials.push(tried.find((trial) => trial.name === name) ?? { name, ...(await tryBackend(name)) });
  }
  return trials;
}

/** Rates in f32 and bf16, each left out where the backend does not offer it; leaves the chosen precision current. */
async function measureRates(chosen: BackendReport, { device, threads }: GlobalOptions): Promise<ProductRates> {
  const rates: ProductRates = {};
  const backend = chosen.backend as GlobalOptions["backend"];
  const other: Precision = chosen.precision === "f32" ? "bf16" : "f32";
  for (const precision of [other, chosen.precision]) {
    try {
      await useBackend({ backend, device, threads, precision });
    } catch {
      // Asked for on purpose: a backend without this precision says so by failing, and its rate is left out.
      continue;
    }
    rates[precision] = (await measureProductRate({ warmUpSeconds: 4 })) / 1e9;
  }
  return rates;
}

/** The libtorch that set-up would compile against now; none when `LIBTORCH` names none, which the torch trial tells. */
function libtorchHere(): Libtorch | undefined {
  try {
    return findLibtorch();
  } catch {
    return undefined;
  }
}
