/** `GET /v1/files/{id}/content`: an image that was made here. */
import { IMAGE_ID } from "../../answers/image-store.ts";
import { IMAGE_POLICY } from "../../security/headers.ts";
import { ApiError } from "../api-error.ts";
import type { RequestContext, ServerContext } from "../context.ts";

export function fileContent({ images }: ServerContext) {
  return (c: RequestContext): Response => {
    const id = c.req.param("id") ?? "";
    const png = IMAGE_ID.test(id) ? images.get(id) : undefined;
    if (png === undefined) throw new ApiError(404, "file_not_found", "there is no such image, or it is no longer kept");
    return c.body(new Uint8Array(png), 200, {
      "content-type": "image/png",
      "content-disposition": `inline; filename="${id}.png"`,
      "content-security-policy": IMAGE_POLICY,
      // Pages of other servers (Open WebUI) show these images; whoever knows an id may see its image.
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "private, max-age=31536000, immutable",
    });
  };
}
