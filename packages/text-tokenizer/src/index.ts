export { initTextTokenizer } from "#tiktoken";
export { addSpecialTokens, type BpeVocabulary, DEFAULT_SPECIAL_TOKENS } from "./bpe-vocabulary.ts";
export { CHAT_TOKENS, type ContentPart, type Message } from "./chat.ts";
export type { PublishedEncodingName } from "./published-encodings.ts";
export { SPLIT_PATTERNS, type SplitPatternName } from "./split-pattern.ts";
export { TextTokenizer } from "./text-tokenizer.ts";
export { readTiktokenRanks } from "./tiktoken-ranks.ts";
export type { TextStream } from "./token-engine.ts";
export { type TrainedBpe, trainBpe } from "./train-bpe.ts";
