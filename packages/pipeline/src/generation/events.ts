import type { Picture } from "@interfuse/image-tokenizer";

/** Tokens that an answer took; an image counts its patches and their frame. */
export type TokenUsage = {
  readonly promptTextTokens: number;
  readonly promptImageTokens: number;
  readonly textTokens: number;
  readonly imageTokens: number;
};

/** What an answer yields, in order. */
export type PipelineEvent =
  /** More text; never half a character. */
  | { readonly type: "text"; readonly text: string }
  /** The model starts to draw an image of this size, in pixels. */
  | { readonly type: "image-start"; readonly width: number; readonly height: number }
  /** A step of drawing is done. */
  | { readonly type: "image-progress"; readonly step: number; readonly numSteps: number }
  /** The present guess of the image being drawn. */
  | { readonly type: "image-preview"; readonly step: number; readonly numSteps: number; readonly picture: Picture }
  /** The finished image. */
  | { readonly type: "image"; readonly picture: Picture }
  /** `eos`: the model ended its answer; `stop`: a stop text came; `length`: its token limit or the context is used up. */
  | { readonly type: "end"; readonly reason: "eos" | "stop" | "length"; readonly usage: TokenUsage };

/** An event of one of several answers made together. */
export type IndexedEvent = {
  /** Which of the inputs it belongs to. */
  readonly index: number;
  readonly event: PipelineEvent;
};
