/** `interfuse doctor`: what computes here, why, and how fast it multiplies. */
import { type BackendReport, type Precision, useBackend } from "@interfuse/tensor";
import { measureProductRate } from "@interfuse/train";
import type { GlobalOptions } from "../global-options.ts";

/** Matrix products a second at each precision the backend has, in GFLOP/s. */
type ProductRates = Partial<Record<Precision, number>>;

/** Prints the report: text, or with --json one object. */
export async function doctor(options: GlobalOptions): Promise<void> {
  const { backend, device, threads, precision } = options;
  const report = await useBackend({ backend, device, precision, threads });
  const gemm = await measureRates(report, options);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...report, gemm })}\n`);
    return;
  }
  const lines = [
    `backend    ${report.backend} (${report.library})`,
    `device     ${report.device}, ${report.threads} threads`,
    `precision  ${report.precision}`,
    `why        ${report.reason}`,
    ...Object.entries(gemm).map(([name, rate]) => `products   ${name.padEnd(5)}${rate.toPrecision(3)} GFLOP/s`),
    "tried",
    ...report.tried.map(
      ({ name, ok, reason }) =>
        `  ${ok ? "yes" : "no "}  ${name.padEnd(10)} ${reason.replaceAll("\n", "\n                  ")}`,
    ),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Rates in f32 and bf16, each left out where the backend does not offer it; leaves the chosen precision current. */
async function measureRates(report: BackendReport, { device, threads }: GlobalOptions): Promise<ProductRates> {
  const rates: ProductRates = {};
  const backend = report.backend as GlobalOptions["backend"];
  const other: Precision = report.precision === "f32" ? "bf16" : "f32";
  for (const precision of [other, report.precision]) {
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
