export { type ChatFrame, chatFrame } from "./chat-template/chat-frame.ts";
export { type ConversationOptions, encodeConversation, encodePrompt } from "./chat-template/encode-conversation.ts";
export { decodeImages, encodePictures, type LatentImage } from "./chat-template/encode-pictures.ts";
export { mapEqualSizes } from "./chat-template/map-equal-sizes.ts";
export {
  type GenerationSettings,
  type GenerationSettingsInput,
  type PipelineConfig,
  resolveGenerationSettings,
} from "./config/pipeline-config.ts";
export { loadPipeline } from "./folder/load-pipeline.ts";
export { MODEL_FILES } from "./folder/model-files.ts";
export { type PipelineParts, savePipeline } from "./folder/save-pipeline.ts";
export type { IndexedEvent, PipelineEvent, TokenUsage } from "./generation/events.ts";
export type { AnswerOptions, ChatOptions, DrawOptions, ImageSamplingOptions } from "./generation/options.ts";
export {
  PipelineSession,
  type PipelineSessionEvent,
  type PipelineSessionRequest,
} from "./generation/pipeline-session.ts";
export { ContextLengthError } from "./generation/prepare-requests.ts";
export { Pipeline } from "./pipeline.ts";
