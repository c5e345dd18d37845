/** libtorch, through the optional peer `@interfuse/backend-torch`. */
import type { BackendCandidate, Precision } from "../candidate.ts";
import { importOptional } from "../import-optional.ts";

/** What this file uses of `@interfuse/backend-torch`; not imported, since that package is optional. */
type TorchPackage = {
  registerTorchBackend(options: { device?: string; threads?: number; precision?: Precision }): {
    device: string;
    threads: number;
    version: string;
    isBf16Fast: boolean;
  };
  setTorchPrecision(precision: Precision): void;
};

/** The candidate `torch`. */
export const torch: BackendCandidate = {
  name: "torch",
  load: async ({ device, precision: asked, threads }) => {
    const { registerTorchBackend, setTorchPrecision } = await importOptional<TorchPackage>("@interfuse/backend-torch");
    const info = registerTorchBackend({ device, threads });
    const precision = asked === "auto" ? (info.isBf16Fast ? "bf16" : "f32") : asked;
    setTorchPrecision(precision);
    return {
      registeredName: "torch",
      device: info.device,
      precision,
      threads: info.threads,
      library: `libtorch ${info.version}`,
      notes: [],
    };
  },
};
