import type { Engine, ServedModel } from "../engine/engine.ts";
import { ApiError } from "./api-error.ts";

/**
 * The model that a request names; the first when it names none.
 * @param options.mapUnknown take the first for an unknown name too
 * @throws {ApiError} 404 naming the models there are
 */
export function findModel(
  { models }: Engine,
  id: string | null | undefined,
  { mapUnknown = false }: { mapUnknown?: boolean } = {},
): ServedModel {
  const found = id === null || id === undefined ? models[0] : models.find((model) => model.id === id);
  const model = found ?? (mapUnknown ? models[0] : undefined);
  if (model !== undefined) return model;
  const names = models.map((each) => `"${each.id}"`).join(", ");
  throw new ApiError(404, "model_not_found", `there is no model of this name; there is ${names}`, { param: "model" });
}
