import { tf } from "@interfuse/tensor";

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The least value that at least `percent` % of the values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** The most memory this process has had resident, in MiB. */
export function peakResidentMiB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

/** The most memory that tensors have taken on the accelerator, in MiB. */
export function peakDeviceMiB(): number {
  const { peakBytesInGPU = Number.NaN } = tf.memory() as { peakBytesInGPU?: number };
  return Math.round(peakBytesInGPU / 2 ** 20);
}

/** Reads a number made after all that the device was told before; nothing to wait for on the processor. */
export function waitForDevice(): void {
  tf.tidy(() => tf.zeros([]).dataSync());
}
