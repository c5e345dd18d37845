/** `GET /v1/models` and `GET /v1/models/{id}`, with what tells clients that a model draws. */
import type { ServedModel } from "../../engine/engine.ts";
import type { RequestContext, ServerContext } from "../context.ts";
import { findModel } from "../find-model.ts";

export function listModels({ engine }: ServerContext, created: number) {
  return (c: RequestContext): Response =>
    c.json({ object: "list", data: engine.models.map((model) => modelObject(model, created)) });
}

export function getModel({ engine }: ServerContext, created: number) {
  return (c: RequestContext): Response => c.json(modelObject(findModel(engine, c.req.param("id")), created));
}

function modelObject({ id, contextLength, generation, sizeUnit }: ServedModel, created: number) {
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
  };
}
