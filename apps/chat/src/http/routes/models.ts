/** `GET /v1/models` and `GET /v1/models/{id}`, with what tells clients that a model draws. */
import type { ServedModel } from "../../engine/engine.ts";
import type { RequestContext, ServerContext } from "../context.ts";
import { findModel } from "../find-model.ts";
import { sharedFolder } from "../model-files.ts";

export function listModels({ engine, options }: ServerContext, created: number) {
  return (c: RequestContext): Response =>
    c.json({ object: "list", data: engine.models.map((model) => modelObject(model, { created, ...options })) });
}

export function getModel({ engine, options }: ServerContext, created: number) {
  return (c: RequestContext): Response =>
    c.json(modelObject(findModel(engine, c.req.param("id")), { created, ...options }));
}

function modelObject(
  { id, contextLength, generation, sizeUnit }: ServedModel,
  { created, shareModels }: { created: number; shareModels: boolean },
) {
  return {
    id,
    object: "model",
    created,
    owned_by: "interfuse",
    name: id,
    context_length: contextLength,
    architecture: {
      modality: "text+image->text+image",
      input_modalities: ["text", "image"],
      output_modalities: ["text", "image"],
    },
    image: {
      size: `${generation.imageSize}x${generation.imageSize}`,
      size_unit: sizeUnit,
      steps: generation.steps,
      guidance_scale: generation.guidanceScale,
    },
    // Where its folder can be read, beside this API.
    ...(shareModels && { files: sharedFolder(id) }),
  };
}
