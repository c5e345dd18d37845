/**
 * The `training/` part of a checkpoint: everything beyond the model folder that an exact resume needs.
 *
 *     training/state.json               format version, step, random state, data cursor
 *     training/config.json              the resolved config of the run
 *     training/parameters.safetensors   the raw parameters (the model folder beside it holds the averaged ones, if averages are on)
 *     training/optimizer.safetensors    the optimizer's state
 *     training/averages.safetensors     the exponential moving averages, if on
 *     training/adversary_{parameters,optimizer}.safetensors   those of a second module, if there is one
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FileSink,
  Generator,
  type GeneratorState,
  type HostTensor,
  readSafetensors,
  tf,
  writeSafetensors,
} from "@interfuse/tensor";
import { z } from "zod";
import type { JsonObject, JsonValue } from "../task.ts";

/** The version of the layout above. */
const FORMAT_VERSION = 1;

/** Named tensors in host memory. */
export type HostTensors = ReadonlyMap<string, HostTensor>;

/** A run's state after `step` updates. */
export type TrainingState = {
  readonly step: number;
  /** The run's base generator; step k draws from `fork("step").fork(k)` of it. */
  readonly generator: GeneratorState;
  /** The batch stream's state. */
  readonly cursor: JsonValue;
  readonly config: JsonObject;
  readonly parameters: HostTensors;
  readonly optimizer: HostTensors;
  readonly averages: HostTensors | undefined;
  readonly adversary: { readonly parameters: HostTensors; readonly optimizer: HostTensors } | undefined;
};

const stateFile = z.object({
  formatVersion: z.literal(FORMAT_VERSION),
  step: z.int().nonnegative(),
  generator: z.custom<GeneratorState>((value) => typeof value === "object" && value !== null),
  cursor: z.custom<JsonValue>((value) => value !== undefined),
  hasAverages: z.boolean(),
  hasAdversary: z.boolean().default(false),
});

/** Writes `training/` into a folder through its sink. */
export async function writeTrainingState(sink: FileSink, state: TrainingState): Promise<void> {
  const { step, generator, cursor, config, parameters, optimizer, averages, adversary } = state;
  const header = {
    formatVersion: FORMAT_VERSION,
    step,
    generator,
    cursor,
    hasAverages: averages !== undefined,
    hasAdversary: adversary !== undefined,
  };
  await sink.write("training/parameters.safetensors", writeSafetensors(parameters));
  await sink.write("training/optimizer.safetensors", writeSafetensors(optimizer));
  if (averages !== undefined) await sink.write("training/averages.safetensors", writeSafetensors(averages));
  if (adversary !== undefined) {
    await sink.write("training/adversary_parameters.safetensors", writeSafetensors(adversary.parameters));
    await sink.write("training/adversary_optimizer.safetensors", writeSafetensors(adversary.optimizer));
  }
  await sink.write("training/config.json", json(config));
  await sink.write("training/state.json", json(header));
}

/**
 * Reads `training/` of a checkpoint folder.
 * @throws Error naming the file that is missing, damaged or of another format version.
 */
export async function readTrainingState(checkpointFolder: string): Promise<TrainingState> {
  const read = async (name: string): Promise<Uint8Array> => {
    const path = join(checkpointFolder, "training", name);
    try {
      return await readFile(path);
    } catch (cause) {
      throw new Error(
        `readTrainingState: "${path}" cannot be read (${(cause as Error).message}); remove that checkpoint's folder to resume from the one before it`,
        { cause },
      );
    }
  };
  const parse = async <T>(name: string, decode: (bytes: Uint8Array) => T): Promise<T> => {
    const bytes = await read(name);
    try {
      return decode(bytes);
    } catch (cause) {
      throw new Error(
        `readTrainingState: "${join(checkpointFolder, "training", name)}" is damaged (${(cause as Error).message}); remove that checkpoint's folder to resume from the one before it`,
        { cause },
      );
    }
  };
  const tensors = (bytes: Uint8Array): HostTensors => readSafetensors(bytes).tensors;
  const version = await parse("state.json", versionOf);
  if (version !== FORMAT_VERSION && version !== undefined) {
    throw new Error(
      `readTrainingState: "${join(checkpointFolder, "training", "state.json")}" is of format version ${version}, not ${FORMAT_VERSION}; resume with the version of Interfuse that wrote it, or start a new run in another folder`,
    );
  }
  const { step, generator, cursor, hasAverages, hasAdversary } = await parse("state.json", readHeader);
  return {
    step,
    generator,
    cursor,
    config: await parse("config.json", (bytes) => fromJson(bytes) as JsonObject),
    parameters: await parse("parameters.safetensors", tensors),
    optimizer: await parse("optimizer.safetensors", tensors),
    averages: hasAverages ? await parse("averages.safetensors", tensors) : undefined,
    adversary: hasAdversary
      ? {
          parameters: await parse("adversary_parameters.safetensors", tensors),
          optimizer: await parse("adversary_optimizer.safetensors", tensors),
        }
      : undefined,
  };
}

/** Copies variables into host memory, as F32. */
export async function toHostTensors(variables: ReadonlyMap<string, tf.Variable>): Promise<Map<string, HostTensor>> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of variables) {
    tensors.set(name, {
      dtype: "F32",
      shape: [...variable.shape],
      data: Float32Array.from((await variable.data()) as Float32Array),
    });
  }
  return tensors;
}

/**
 * Assigns host tensors to variables of the same names and shapes.
 * @throws RangeError naming every missing, unexpected or wrongly shaped tensor, before anything is assigned.
 */
export function assignHostTensors(
  variables: ReadonlyMap<string, tf.Variable>,
  tensors: HostTensors,
  what: string,
): void {
  const problems = [
    ...[...variables].flatMap(([name, variable]) => {
      const tensor = tensors.get(name);
      if (tensor === undefined) return [`"${name}" is missing`];
      if (tensor.dtype !== "F32") return [`"${name}" is ${tensor.dtype}, not F32`];
      if (tensor.shape.join() !== variable.shape.join()) {
        return [`"${name}" has shape [${tensor.shape}], not [${variable.shape}]`];
      }
      return [];
    }),
    ...[...tensors.keys()].filter((name) => !variables.has(name)).map((name) => `"${name}" is not expected`),
  ];
  if (problems.length > 0) {
    throw new RangeError(
      `resume: the checkpoint's ${what} do not fit this run: ${problems.join("; ")}; resume with the config it was saved with`,
    );
  }
  for (const [name, variable] of variables) {
    const { data, shape } = tensors.get(name) as HostTensor;
    const tensor = tf.tensor(data as Float32Array, shape, "float32");
    variable.assign(tensor);
    tensor.dispose();
  }
}

/** The format version of a `state.json`; undefined when it names none. */
function versionOf(bytes: Uint8Array): number | undefined {
  const named = z.looseObject({ formatVersion: z.int() }).safeParse(fromJson(bytes));
  return named.data?.formatVersion;
}

/** What a `state.json` holds. */
function readHeader(bytes: Uint8Array): z.output<typeof stateFile> {
  const parsed = stateFile.safeParse(fromJson(bytes));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join(".") || "the file"}: ${issue?.message}`, { cause: parsed.error });
  }
  Generator.fromState(parsed.data.generator);
  return parsed.data;
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

function fromJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
