/** What `interfuse doctor` finds out: the object that `--json` prints. */
import type { BackendReport, Precision } from "@interfuse/tensor";

/** Matrix products at each precision that a backend has, in GFLOP/s. */
export type ProductRates = Partial<Record<Precision, number>>;

/** The chosen backend, every other one that was tried, and how fast the chosen one multiplies here. */
export type DoctorReport = BackendReport & {
  /** The processor's model and its best vector instructions. */
  readonly processor: string;
  readonly instructionSet: string;
  /** Processors that this process may use. */
  readonly processors: number;
  /** How many programs wanted one, on average over the minute before anything was measured; 0 where the system does not say. */
  readonly load: number;
  readonly gemm: ProductRates;
  /** What would make it faster, in a sentence; null when nothing is known. */
  readonly suggestion: string | null;
};
