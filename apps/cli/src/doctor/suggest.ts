/** The one thing that would make this machine faster. */
import type { Libtorch } from "@interfuse/backend-torch";
import type { DoctorReport } from "./report.ts";

/** From here on a libtorch multiplies bfloat16 by oneDNN everywhere; distributions' 1.x is many times slower at it. */
const FIRST_FAST_MAJOR = 2;
/** Less is within what two measurements differ by. */
const NOTABLE_RATIO = 1.2;

/**
 * A sentence that names the command, or undefined when nothing faster is known.
 *
 * @param found the report so far; its `tried` is in the order of preference
 * @param libtorch what set-up would compile against now; undefined when there is none on this machine
 * @param hasCard whether there is an NVIDIA card
 */
export function suggest(
  { backend, device, library, precision, tried, gemm }: Omit<DoctorReport, "suggestion">,
  libtorch: Pick<Libtorch, "version" | "origin" | "accelerator"> | undefined,
  hasCard: boolean,
): string | undefined {
  const better = tried.slice(
    0,
    tried.findIndex(({ name }) => name === backend),
  );
  const usable = better.find(({ ok }) => ok);
  if (usable !== undefined) return `${usable.name} loads too and is faster: leave out --backend ${backend}`;
  if (backend !== "torch") {
    return 'libtorch is not set up: run "npm run setup"; where that is not possible, "npm run setup:tensorflow" builds tfjs-node';
  }
  if (hasCard && device === "cpu") {
    return libtorch?.accelerator === undefined
      ? 'this libtorch cannot use the NVIDIA card: "npx @interfuse/backend-torch setup --cuda" gets one that can'
      : 'there is an NVIDIA card: run "npm run setup" and leave out --device cpu';
  }
  const version = library.replace(/^libtorch /, "");
  if (libtorch !== undefined && isNewer(libtorch.version, version)) {
    return `libtorch ${libtorch.version} (${libtorch.origin}) would be faster than ${version}: run "npm run setup"`;
  }
  if (Number.parseInt(version, 10) < FIRST_FAST_MAJOR) {
    return `a libtorch of ${FIRST_FAST_MAJOR}.x would be faster than ${version}: "pip install torch", then "npm run setup"`;
  }
  const ratio = (gemm.bf16 ?? 0) / (gemm.f32 ?? Number.POSITIVE_INFINITY);
  if (precision === "f32" && ratio >= NOTABLE_RATIO) {
    return `--precision bf16 multiplies ${ratio.toFixed(1)} times as fast here`;
  }
  return undefined;
}

/** Whether dotted version `a` is after `b`. */
function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { numeric: true }) > 0;
}
