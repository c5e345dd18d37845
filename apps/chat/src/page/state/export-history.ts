/** The history as one file, and back: JSON with the images in it. */
import { base64ToBytes, bytesToBase64 } from "../data-url.ts";
import { app } from "./app-state.ts";
import { type Conversation, imageIdsOf, withoutOpenTakes } from "./conversation.ts";
import { loadImage, saveImage } from "./history.ts";
import { type FinishedImage, peekImage } from "./images.ts";
import { readConversation } from "./read-conversation.ts";

const FORMAT = "interfuse-history";
const VERSION = 1;

type ExportedImage = {
  readonly id: string;
  readonly conversationId: string;
  readonly type: string;
  readonly data: string;
  readonly frames: readonly { readonly step: number; readonly data: string }[];
};

/** All conversations with a turn. */
export async function exportHistory(): Promise<Blob> {
  const conversations = Object.values(app.get().conversations).filter(({ turns }) => turns.length > 0);
  const images = await Promise.all(conversations.flatMap(imageIdsOf).map(exportImage));
  const file = {
    format: FORMAT,
    version: VERSION,
    conversations: conversations.map(withoutOpenTakes),
    images: images.filter((image) => image !== undefined),
  };
  return new Blob([JSON.stringify(file)], { type: "application/json" });
}

/**
 * Adds the conversations of an exported file; of two with the same id the newer stays.
 * @returns how many were added or replaced, and whether all their images are kept
 * @throws {RangeError} when it is no such file
 */
export async function importHistory(file: Blob): Promise<{ numConversations: number; isKept: boolean }> {
  const { conversations, images } = parse(await file.text());
  const known = app.get().conversations;
  const taken = conversations.filter(({ id, updatedAt }) => (known[id]?.updatedAt ?? 0) < updatedAt);
  const ids = new Set(taken.flatMap(imageIdsOf));
  const kept = await Promise.all(images.filter(({ id }) => ids.has(id)).map(saveImage));
  app.set((state) => ({
    ...state,
    conversations: { ...state.conversations, ...Object.fromEntries(taken.map((each) => [each.id, each])) },
  }));
  return { numConversations: taken.length, isKept: kept.every(Boolean) };
}

function parse(text: string): { conversations: Conversation[]; images: FinishedImage[] } {
  try {
    const file = JSON.parse(text) as { format: string; version: number; conversations: unknown[]; images: unknown[] };
    if (file.format !== FORMAT || file.version !== VERSION) throw new RangeError("another format or version");
    return {
      conversations: file.conversations.map(readConversation),
      images: file.images.map((image) => readImage(image as ExportedImage)),
    };
  } catch (cause) {
    throw new RangeError("This is no history that was exported here.", { cause });
  }
}

async function exportImage(id: string): Promise<ExportedImage | undefined> {
  const image = peekImage(id) ?? (await loadImage(id));
  if (image?.blob === undefined) return undefined;
  const { conversationId, blob, frames } = image;
  const encode = async (each: Blob) => bytesToBase64(new Uint8Array(await each.arrayBuffer()));
  return {
    id,
    conversationId,
    type: blob.type,
    data: await encode(blob),
    frames: await Promise.all(frames.map(async (frame) => ({ step: frame.step, data: await encode(frame.blob) }))),
  };
}

function readImage({ id, conversationId, type, data, frames }: ExportedImage): FinishedImage {
  // Only what <img> shows; an SVG or a page stays out.
  if (!/^image\/(png|jpeg)$/.test(type)) throw new RangeError("importHistory: an image is neither PNG nor JPEG");
  const decode = (base64: string) => new Blob([base64ToBytes(base64)], { type });
  const kept = frames.map((frame) => ({ step: Number(frame.step), blob: decode(frame.data) }));
  return { id: String(id), conversationId: String(conversationId), blob: decode(data), frames: kept };
}
