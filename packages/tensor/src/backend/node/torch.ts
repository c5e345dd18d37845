/** libtorch, through the optional peer `@interfuse/backend-torch`. */
import type { BackendCandidate, Precision } from "../candidate.ts";
import { importOptional } from "../import-optional.ts";
import { isBfloat16Fast } from "./fast-bfloat16.ts";

/** What this file uses of `@interfuse/backend-torch`; not imported, since that package is optional. */
type TorchPackage = {
  registerTorchBackend(options: { device?: string; threads?: number }): {
    library: string;
    device: string;
    card: { name: string; capability: number } | undefined;
    whyNoAccelerator: string | undefined;
    threads: number;
  };
  setTorchPrecision(precision: Precision): void;
};

/** The candidate `torch`. */
export const torch: BackendCandidate = {
  name: "torch",
  load: async ({ device, precision: asked, threads }) => {
    const { registerTorchBackend, setTorchPrecision } = await importOptional<TorchPackage>("@interfuse/backend-torch");
    const { card, whyNoAccelerator, ...info } = registerTorchBackend({ device, threads });
    const fast = isBfloat16Fast(card) ? "bf16" : "f32";
    const precision = asked === "auto" ? fast : asked;
    setTorchPrecision(precision);
    const notes = asked === "auto" ? [`${precision}, which ${card?.name ?? "this processor"} multiplies faster`] : [];
    if (device === "auto" && whyNoAccelerator !== undefined) {
      notes.push(`on the ${info.device}, because ${whyNoAccelerator}`);
    }
    return { ...info, registeredName: "torch", precision, notes };
  },
};
