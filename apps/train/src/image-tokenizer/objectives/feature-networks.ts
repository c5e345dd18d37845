/** The frozen networks that losses compare features of: the run's own denoising network, or what the user has. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import {
  DenoisingNetwork,
  type FeatureNetwork,
  type FrozenEncoder,
  frozenNetworkEncoder,
  LpipsVgg16,
  loadDenoisingNetwork,
  loadOnnxEncoder,
  loadTransformersEncoder,
  type Picture,
  picturesToTensor,
  readOnnxTensors,
  saveDenoisingNetwork,
  trainDenoisingNetwork,
} from "@interfuse/image-tokenizer";
import { Generator, readSafetensors } from "@interfuse/tensor";
import type { BatchStream } from "@interfuse/training";
import type { ImageTokenizerLoss, VisionAlignmentSettings } from "../../recipes/image-tokenizer-loss.ts";

/** The run's own network in its folder, so that a resumed run compares by the very same features. */
const DENOISING_NETWORK_FILE = "denoising_network.safetensors";

/** What a recipe's losses read. */
export type FeatureNetworks = {
  readonly perceptual: FeatureNetwork | undefined;
  readonly teacher: FrozenEncoder | undefined;
  dispose(): void;
};

/** Where networks come from. */
export type FeatureNetworkSources = {
  readonly loss: ImageTokenizerLoss;
  readonly seed: number;
  /** The run's folder. */
  readonly out: string;
  /** Whether the run goes on, and has its network already. */
  readonly isResumed: boolean;
  /** Opens the run's pictures from the start. */
  readonly openPictures: () => Pick<BatchStream<readonly Picture[]>, "next">;
  readonly log: (line: string) => void;
};

/** Opens the networks that a recipe needs. @throws Error naming a file that cannot be read or is no such network. */
export async function openFeatureNetworks(sources: FeatureNetworkSources): Promise<FeatureNetworks> {
  const { perceptual, visionAlignment } = sources.loss;
  const opened: FeatureNetwork[] = [];
  const keep = <T extends FeatureNetwork>(network: T): T => {
    opened.push(network);
    return network;
  };
  const dispose = () => {
    for (const network of opened) network.dispose();
  };
  try {
    const isOwnNeeded = perceptual?.network === "denoising" || visionAlignment?.teacher.kind === "denoising";
    const own = isOwnNeeded ? keep(await ownNetwork(sources)) : undefined;
    const isOwnCompared = perceptual?.network === "denoising";
    return {
      perceptual: perceptual === null || isOwnCompared ? own : keep(await readFeatureNetwork(perceptual.network)),
      teacher: visionAlignment === null ? undefined : await openTeacher(visionAlignment, own),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Trains the denoising network and saves it, or reads what the run saved when it began. */
async function ownNetwork(sources: FeatureNetworkSources): Promise<DenoisingNetwork> {
  const { loss, seed, out, isResumed, openPictures, log } = sources;
  const file = join(out, DENOISING_NETWORK_FILE);
  if (isResumed) return loadDenoisingNetwork(await read(file));
  const { channels, steps, learningRate } = loss.denoisingNetwork;
  const generator = new Generator(seed, "denoising-network");
  const network = new DenoisingNetwork({ channels }, generator.fork("weights"));
  try {
    const pictures = openPictures();
    const nextBatch = async () => picturesToTensor((await pictures.next()).value);
    let last = 0;
    await trainDenoisingNetwork(network, nextBatch, {
      generator: generator.fork("training"),
      steps,
      learningRate,
      onStep: (_, error) => {
        last = error;
      },
    });
    await writeFileAtomically(file, await saveDenoisingNetwork(network));
    log(`trained the ${network.name} for ${steps} steps, mean squared error ${last.toFixed(4)}: ${file}`);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return network;
}

/** A denoising network that a run saved, or VGG16 with or without LPIPS heads, as safetensors or in an ONNX model. */
async function readFeatureNetwork(file: string): Promise<FeatureNetwork> {
  const bytes = await read(file);
  try {
    if (file.endsWith(".onnx")) return new LpipsVgg16(readOnnxTensors(bytes));
    const { tensors, metadata } = readSafetensors(bytes);
    return metadata.format === undefined ? new LpipsVgg16(tensors) : loadDenoisingNetwork(bytes);
  } catch (cause) {
    throw new Error(`loss.perceptual.network: "${file}" is no feature network (${(cause as Error).message})`, {
      cause,
    });
  }
}

async function openTeacher(
  { teacher }: VisionAlignmentSettings,
  own: FeatureNetwork | undefined,
): Promise<FrozenEncoder> {
  switch (teacher.kind) {
    case "denoising":
      return frozenNetworkEncoder(own as FeatureNetwork, teacher.layer);
    case "transformers":
      return loadTransformersEncoder(teacher.name);
    case "onnx":
      return loadOnnxEncoder(await read(teacher.file), { name: teacher.file, size: teacher.size });
  }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Error(`"${file}" cannot be read: ${(cause as Error).message}`, { cause });
  }
}
