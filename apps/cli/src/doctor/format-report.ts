/** The report of `interfuse doctor` for a terminal. */
import type { DoctorReport, ProductRates } from "./report.ts";

const LABEL_WIDTH = 12;
const NAME_WIDTH = 12;
/** Other programs' share of the processors from which on measured speeds are too low to go by. */
const BUSY_SHARE = 0.5;

/** Lines with a label in front of each group; text wider than `columns` goes on below its own start. */
export function formatReport(report: DoctorReport, columns: number): string {
  const { backend, library, device, threads, precision, reason, gemm, tried } = report;
  const entry = (label: string, text: string): string[] => indented(label.padEnd(LABEL_WIDTH), text, columns);
  const lines = [
    ...entry("backend", `${backend} (${library}), ${precision}`),
    ...entry("why", reason),
    ...entry("device", `${device}, ${counted(threads, "thread")}`),
    ...entry("processor", `${report.processor}, ${report.instructionSet}, ${counted(report.processors, "core")}`),
    ...entry("speed", `matrix products ${formatRates(gemm)}`),
    ...(isBusy(report) ? entry("busy", busyNote(report)) : []),
    ...tried.flatMap(({ name, ok, reason }, index) =>
      indented(
        `${(index === 0 ? "tried" : "").padEnd(LABEL_WIDTH)}${ok ? "yes" : "no "}  ${name.padEnd(NAME_WIDTH)}`,
        reason,
        columns,
      ),
    ),
    ...(report.suggestion === null ? [] : entry("faster", report.suggestion)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Whether other programs took enough of the processors to show in what was measured. */
function isBusy({ device, load, processors }: DoctorReport): boolean {
  return device === "cpu" && load > BUSY_SHARE * processors;
}

function busyNote({ load, processors }: DoctorReport): string {
  return `other programs kept ${Math.min(load, processors).toFixed(1)} of ${counted(processors, "core")} busy: alone it is faster`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** For example "f32 185 GFLOP/s, bf16 852 GFLOP/s". */
export function formatRates(rates: ProductRates): string {
  return Object.entries(rates)
    .map(([precision, rate]) => `${precision} ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} GFLOP/s`)
    .join(", ");
}

/** `text` behind `prefix`, broken between words, every further line as far in as the first. */
function indented(prefix: string, text: string, columns: number): string[] {
  const width = Math.max(20, columns - prefix.length);
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1) as string;
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return lines.map((line, index) => (index === 0 ? prefix : " ".repeat(prefix.length)) + line);
}
