/** The `config.json` of a model folder: what the model is, and how it draws unless told otherwise. */
import { type ModelConfig, resolveModelConfig } from "@interfuse/model";
import { z } from "zod";

/** The version of the folder's format that this package writes, and the only one it reads. */
export const FORMAT_VERSION = 1;

const generationSettingsSchema = z.strictObject({
  /** Side of the square that is drawn when no size is asked for, in pixels; usually the size trained on. */
  imageSize: z.int().min(1),
  /** Solver steps from noise to image. */
  steps: z.int().min(1).default(25),
  /** Classifier-free guidance weight; 1 is off. */
  guidanceScale: z.number().min(0).default(3),
  /** Integration rule; see `@interfuse/diffusion`. */
  solver: z.enum(["euler", "heun", "ddim", "ddpm"]).default("euler"),
  /** What `describe` asks; the words the model was trained with. */
  describePrompt: z.string().min(1).default("describe the picture"),
});

/** How a model draws and describes unless told otherwise. */
export type GenerationSettings = z.output<typeof generationSettingsSchema>;

/** What a caller writes; everything but `imageSize` has a default. */
export type GenerationSettingsInput = z.input<typeof generationSettingsSchema>;

/** The contents of `config.json`. */
export type PipelineConfig = {
  readonly formatVersion: typeof FORMAT_VERSION;
  readonly model: ModelConfig;
  readonly generation: GenerationSettings;
};

/**
 * Fills in defaults: 25 Euler steps, guidance 3, "describe the picture".
 * @throws {RangeError} naming the key, its value and the rule
 */
export function resolveGenerationSettings(input: GenerationSettingsInput): GenerationSettings {
  return parse("resolveGenerationSettings: generation", generationSettingsSchema, input);
}

const fileSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  model: z.looseObject({}),
  generation: generationSettingsSchema,
});

/**
 * Reads the parsed contents of a `config.json`.
 * @param where names the file in messages
 * @throws {RangeError} naming the key, its value and the rule
 */
export function readPipelineConfig(where: string, json: unknown): PipelineConfig {
  const version = (json as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== FORMAT_VERSION) {
    throw new RangeError(
      `${where}: formatVersion (=${JSON.stringify(version)}) must be ${FORMAT_VERSION}; ` +
        "this is no model folder, or one of another version of Interfuse",
    );
  }
  const { model, generation } = parse(where, fileSchema, json);
  try {
    return { formatVersion: FORMAT_VERSION, model: resolveModelConfig(model as unknown as ModelConfig), generation };
  } catch (cause) {
    throw new RangeError(`${where}: model: ${(cause as Error).message}`, { cause });
  }
}

function parse<T extends z.ZodType>(where: string, schema: T, input: unknown): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const value = issue.path.reduce(
      (at: unknown, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      input,
    );
    const name = issue.path.join(".");
    return `${name === "" ? "" : `${name} (=${JSON.stringify(value)}): `}${issue.message}`;
  });
  throw new RangeError(`${where}: ${problems.join("; ")}`, { cause: parsed.error });
}
