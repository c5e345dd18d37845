/** What made an image, written into its PNG: as image tools read it (`parameters`), key by key, and as JSON. */

export type ImageRecord = {
  readonly prompt: string;
  readonly negativePrompt?: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly solver: string;
  readonly model: string;
};

/** Longest prompt that is written, in UTF-16 units. */
const MAX_PROMPT = 4000;

/** The text chunks of an image's PNG file by keyword. */
export function imageText(record: ImageRecord, { width, height }: { width: number; height: number }) {
  const { negativePrompt = "", seed, steps, guidanceScale, solver, model } = record;
  const prompt = wellFormed(record.prompt.slice(0, MAX_PROMPT));
  const settings = [
    `Steps: ${steps}`,
    `Sampler: ${solver}`,
    `CFG scale: ${guidanceScale}`,
    `Seed: ${seed}`,
    `Size: ${width}x${height}`,
    `Model: ${model}`,
  ].join(", ");
  const lines = [
    prompt,
    ...(negativePrompt === "" ? [] : [`Negative prompt: ${wellFormed(negativePrompt)}`]),
    settings,
  ];
  return {
    parameters: lines.join("\n"),
    prompt,
    seed: String(seed),
    steps: String(steps),
    guidance: String(guidanceScale),
    model,
    interfuse: JSON.stringify({ ...record, prompt, width, height }),
  };
}

/** A lone surrogate, which UTF-8 cannot hold, becomes U+FFFD. */
function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
