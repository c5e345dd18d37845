/**
 * Images of the page by id: what the user gave and what was painted, the latter with the previews that led to it. They live in
 * memory while they are shown and in the history's database.
 */
import { createStore, useStore } from "./store.ts";

/** A preview, and after how many steps it was one. */
export type Frame = { readonly step: number; readonly blob: Blob };

export type StoredImage = {
  readonly id: string;
  readonly conversationId: string;
  /** Undefined while it is being painted. */
  readonly blob: Blob | undefined;
  readonly frames: readonly Frame[];
};

export type FinishedImage = StoredImage & { readonly blob: Blob };

/** Said where an image should be that is in neither place any more. */
export const IMAGE_GONE = "This image is not kept any more.";

/** An image with addresses that <img> takes. */
export type ShownImage = StoredImage & { readonly url: string | undefined; readonly frameUrls: readonly string[] };

const images = createStore<Readonly<Record<string, ShownImage>>>({});
let load: (id: string) => Promise<StoredImage | undefined> = async () => undefined;
const loading = new Set<string>();

/** Says where images come from that are not in memory. */
export function loadImagesFrom(source: (id: string) => Promise<StoredImage | undefined>): void {
  load = source;
}

/** Adds an image, or replaces the one of this id. */
export function putImage(image: StoredImage): void {
  images.set((all) => {
    const last = all[image.id];
    const url = image.blob === last?.blob ? last?.url : image.blob && URL.createObjectURL(image.blob);
    const frameUrls = image.frames.map(({ blob }, index) =>
      last?.frames[index]?.blob === blob ? (last.frameUrls[index] as string) : URL.createObjectURL(blob),
    );
    return { ...all, [image.id]: { ...image, url, frameUrls } };
  });
}

/** The image, once it is in memory. */
export function useImage(id: string | undefined): ShownImage | undefined {
  const image = useStore(images, (all) => (id === undefined ? undefined : all[id]));
  if (image === undefined && id !== undefined) void getImage(id);
  return image;
}

/** @returns undefined when there is no such image any more */
export async function getImage(id: string): Promise<StoredImage | undefined> {
  const present = images.get()[id];
  if (present !== undefined) return present;
  if (loading.has(id)) return load(id);
  loading.add(id);
  try {
    const image = await load(id);
    if (image !== undefined) putImage(image);
    return image;
  } finally {
    loading.delete(id);
  }
}

/** What is in memory of an image. */
export function peekImage(id: string): StoredImage | undefined {
  return images.get()[id];
}

/** Frees images. */
export function dropImages(ids: readonly string[]): void {
  images.set((all) => {
    const rest = { ...all };
    for (const id of ids) {
      const image = rest[id];
      for (const url of [image?.url, ...(image?.frameUrls ?? [])]) if (url !== undefined) URL.revokeObjectURL(url);
      delete rest[id];
    }
    return rest;
  });
}
