/** An edit, whichever way it came: as a form with files, or as JSON with data: URLs. */
import type { Limits } from "../server/options.ts";
import { ApiError } from "./api-error.ts";
import type { FormField } from "./body.ts";
import { parse } from "./parse.ts";
import { type EditReference, editSchema, generationSchema, type ImageRequest } from "./schemas/images.ts";

export type EditInput = {
  readonly request: ImageRequest;
  /** Bytes, or names for `PictureReader`. At least one. */
  readonly pictures: readonly (string | Uint8Array)[];
  readonly mask?: string | Uint8Array;
};

const NUMBERS = new Set(["n", "seed", "steps", "guidance_scale", "partial_images", "output_compression"]);
/** One picture comes as `image`, several as repeated `image[]`. */
const PICTURES = new Set(["image", "image[]", "images", "images[]"]);

/** @throws {ApiError} 400 naming the field that is wrong */
export function editOfForm(fields: readonly FormField[], limits: Limits): EditInput {
  const pictures = fields.filter(({ name }) => PICTURES.has(name)).map(({ value }) => value);
  const mask = fields.find(({ name }) => name === "mask")?.value;
  const texts = fields.filter(({ name, value }) => !PICTURES.has(name) && name !== "mask" && typeof value === "string");
  const values = texts.map(({ name, value }) => [name, coerce(name, value as string)]);
  return withPictures({ request: parse(generationSchema(limits), Object.fromEntries(values)), pictures, mask });
}

/** @throws {ApiError} 400 naming the field that is wrong */
export function editOfJson(value: unknown, limits: Limits): EditInput {
  const { image, images, mask, ...request } = parse(editSchema(limits), value);
  const pictures = [image ?? [], images ?? []].flat().map(nameOf);
  return withPictures({ request, pictures, mask: mask === null || mask === undefined ? undefined : nameOf(mask) });
}

function withPictures(input: EditInput): EditInput {
  if (input.pictures.length > 0) return input;
  throw new ApiError(400, "invalid_value", "image: give the image to edit", { param: "image" });
}

/** Fields of a form are all text. */
function coerce(name: string, value: string): unknown {
  if (name === "stream") return value === "true" ? true : value === "false" ? false : value;
  return NUMBERS.has(name) && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}

function nameOf(reference: EditReference): string {
  if (typeof reference === "string") return reference;
  return typeof reference.image_url === "string" ? reference.image_url : reference.image_url.url;
}
