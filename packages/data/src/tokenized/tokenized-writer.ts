/** Writing one part of a tokenized data set: pictures as they come, in shards of bounded size, the rows at the end. */
import { join } from "node:path";
import { type HostTensor, writeSafetensors } from "@interfuse/tensor";
import { CHAT_FILE, type ChatRow } from "../chat-jsonl/chat-row.ts";
import { writeFileAtomically } from "../files/write-file.ts";
import { type EncodedPicture, PICTURES_FILE } from "./format.ts";

/** Indices up to here are kept in 16 bits. */
const MAX_UINT16 = 0xffff;

/** Collects pictures of a folder; call `close` at the end. */
export class TokenizedWriter {
  readonly folder: string;
  readonly #shardBytes: number;
  readonly #lines: string[] = [];
  #shard = new Map<string, HostTensor>();
  #numShardBytes = 0;
  #numShards = 0;

  /** @param options.shardBytes about how large a shard gets; default 64 MiB. */
  constructor(folder: string, { shardBytes = 64 * 2 ** 20 }: { shardBytes?: number } = {}) {
    this.folder = folder;
    this.#shardBytes = shardBytes;
  }

  /** Number of pictures so far. */
  get numPictures(): number {
    return this.#lines.length;
  }

  /** Adds a picture under its path in the rows; each path once. */
  async add(file: string, picture: EncodedPicture): Promise<void> {
    const { width, height } = picture;
    const tensor = hostTensor(picture);
    this.#shard.set(file, tensor);
    this.#numShardBytes += tensor.data.byteLength;
    this.#lines.push(JSON.stringify({ file, width, height, shard: this.#shardName() }));
    if (this.#numShardBytes >= this.#shardBytes) await this.#writeShard();
  }

  /** Writes what is left, the list of pictures and the rows. */
  async close(rows: readonly ChatRow[]): Promise<void> {
    if (this.#shard.size > 0) await this.#writeShard();
    await writeFileAtomically(join(this.folder, PICTURES_FILE), this.#lines.map((line) => `${line}\n`).join(""));
    await writeFileAtomically(join(this.folder, CHAT_FILE), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }

  #shardName(): string {
    return `pictures-${String(this.#numShards).padStart(5, "0")}.safetensors`;
  }

  async #writeShard(): Promise<void> {
    await writeFileAtomically(join(this.folder, this.#shardName()), writeSafetensors(this.#shard));
    this.#shard = new Map();
    this.#numShardBytes = 0;
    this.#numShards += 1;
  }
}

/** Latents as F32, indices as U16 where they fit and I32 otherwise. */
function hostTensor({ values, shape }: EncodedPicture): HostTensor {
  if (values instanceof Float32Array) return { dtype: "F32", shape: [...shape], data: new Float32Array(values) };
  const isSmall = values.every((index) => index >= 0 && index <= MAX_UINT16);
  return isSmall
    ? { dtype: "U16", shape: [...shape], data: Uint16Array.from(values) }
    : { dtype: "I32", shape: [...shape], data: new Int32Array(values) };
}
