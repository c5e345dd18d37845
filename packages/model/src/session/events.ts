/** What a generation yields, in order. An image is `image-start`, one `image-preview` per finished solver step, `image-end`. */
export type GenerationEvent =
  | { readonly type: "text"; readonly tokenId: number }
  /** Latent grid of the image. */
  | { readonly type: "image-start"; readonly height: number; readonly width: number }
  /** The present guess of the clean latents [height, width, channels] after `step` of `numSteps` steps. */
  | { readonly type: "image-preview"; readonly step: number; readonly numSteps: number; readonly latents: Float32Array }
  /** The finished latents [height, width, channels]. */
  | { readonly type: "image-end"; readonly latents: Float32Array; readonly height: number; readonly width: number }
  /** `eos`: the model ended its answer; `length`: `maxTokens` or the room in the context is used up. */
  | { readonly type: "end"; readonly reason: "eos" | "length" };

/** An event of one of a session's requests. */
export interface SessionEvent {
  /** What `Session.add` returned. */
  readonly id: number;
  readonly event: GenerationEvent;
}
