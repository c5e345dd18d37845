/** The batches that an image tokenizer is trained on, from a data set's pictures and, where there is one, a teacher. */
import { type FrozenEncoder, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import type { BatchStream, JsonValue } from "@interfuse/training";
import type { HostFeatures, PictureBatch } from "./picture-batch.ts";

/** Pictures with their teacher's features, which are computed as a batch is taken: the teacher may be asynchronous. */
export class PictureBatches implements BatchStream<PictureBatch> {
  readonly #pictures: BatchStream<readonly Picture[]>;
  readonly #teacher: FrozenEncoder | undefined;

  constructor(pictures: BatchStream<readonly Picture[]>, teacher?: FrozenEncoder) {
    this.#pictures = pictures;
    this.#teacher = teacher;
  }

  async next(): Promise<IteratorResult<PictureBatch>> {
    const { value: pictures, done } = await this.#pictures.next();
    if (done) return { done: true, value: undefined };
    if (this.#teacher === undefined) return { done: false, value: { pictures } };
    return { done: false, value: { pictures, teacherFeatures: await teacherFeatures(this.#teacher, pictures) } };
  }

  state(): JsonValue {
    return this.#pictures.state();
  }
}

/** What a frozen encoder sees in pictures, on the host. */
export async function teacherFeatures(teacher: FrozenEncoder, pictures: readonly Picture[]): Promise<HostFeatures> {
  const pixels_BHWC = picturesToTensor(pictures);
  try {
    const features_BHWT = await teacher.encode(pixels_BHWC);
    const values = Float32Array.from(await features_BHWT.data());
    features_BHWT.dispose();
    return { shape: features_BHWT.shape, values };
  } finally {
    pixels_BHWC.dispose();
  }
}
