/** What image tokenizers are trained on: pictures of one size, and what a teacher sees in them. */
import type { Picture } from "@interfuse/image-tokenizer";

/** A tensor on the host, so that batches own nothing that must be freed. */
export type HostFeatures = { readonly shape: readonly [number, number, number, number]; readonly values: Float32Array };

/** One batch. */
export type PictureBatch = {
  readonly pictures: readonly Picture[];
  /** A frozen encoder's features `[B, h, w, T]`, where latents are aligned to it. */
  readonly teacherFeatures?: HostFeatures;
};

/** `B * H * W * 3`. */
export function countPixelValues({ pictures }: PictureBatch): number {
  return pictures.reduce((sum, { data }) => sum + data.length, 0);
}

/** `B * H/f * W/f`. */
export function countLatents({ pictures }: PictureBatch, downsampling: number): number {
  return pictures.reduce((sum, { width, height }) => sum + (width * height) / downsampling ** 2, 0);
}
