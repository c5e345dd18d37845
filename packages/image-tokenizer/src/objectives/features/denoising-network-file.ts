/** A denoising network as one safetensors file: its parameters, and its config in the metadata. */
import { Generator, type HostTensor, readSafetensors, writeSafetensors } from "@interfuse/tensor";
import { z } from "zod";
import { DenoisingNetwork } from "./denoising-network.ts";

const FORMAT = "interfuse-denoising-network";

const configSchema = z.strictObject({ channels: z.array(z.int().positive()).min(1) });

/** The file's bytes. */
export async function saveDenoisingNetwork(network: DenoisingNetwork): Promise<Uint8Array> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of network.parameters()) {
    const data = Float32Array.from(await variable.data());
    tensors.set(name, { dtype: "F32", shape: [...variable.shape], data });
  }
  return writeSafetensors(tensors, { format: FORMAT, config: JSON.stringify(network.config) });
}

/** Reads a file. @throws RangeError saying what does not fit. */
export function loadDenoisingNetwork(bytes: Uint8Array): DenoisingNetwork {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== FORMAT) {
    throw new RangeError(
      `loadDenoisingNetwork: metadata.format (=${metadata.format}) must be "${FORMAT}"; give a file that saveDenoisingNetwork made`,
    );
  }
  const config = configSchema.safeParse(parseJson(metadata.config));
  if (!config.success) {
    throw new RangeError(`loadDenoisingNetwork: metadata.config (=${metadata.config}) is not a network's config`, {
      cause: config.error,
    });
  }
  const network = new DenoisingNetwork(config.data, new Generator(0));
  try {
    network.loadParameters(tensors);
  } catch (error) {
    network.dispose();
    throw error;
  }
  return network;
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
