export { addPngText, type Picture, readPngText } from "@interfuse/image-tokenizer";
export type { ContentPart, Message } from "@interfuse/text-tokenizer";
export type { ChatPart, ChatRow } from "./chat-jsonl/chat-row.ts";
export { ChatWriter } from "./chat-jsonl/chat-writer.ts";
export { type WriteEmojiOptions, type WriteEmojiReport, writeEmoji } from "./emoji/write-emoji.ts";
export { type Example, type ExampleSource, picturesIn } from "./example.ts";
export { type ContactSheetItem, type ContactSheetOptions, contactSheet } from "./files/contact-sheet.ts";
export { type DecodeOptions, type Fit, MAX_PIXELS } from "./files/decode-options.ts";
export { loadPicture } from "./files/decode-picture.ts";
export { directorySink, directorySource } from "./files/directory-files.ts";
export { type EncodeOptions, encodePng, savePicture } from "./files/encode-picture.ts";
export { makeFolder } from "./files/make-folder.ts";
export { readTextFile } from "./files/read-text.ts";
export { assertWritable, removeTemporaryFiles, writeFileAtomically } from "./files/write-file.ts";
export { writeFolderAtomically } from "./files/write-folder.ts";
export { Dataset, type DatasetReport, type ImageStore } from "./loader/dataset.ts";
export type { CursorState, TaskWeights } from "./loader/example-cursor.ts";
export { ExampleLoader, type ExampleLoaderOptions } from "./loader/example-loader.ts";
export { datasetSplits, inspectDataset, type OpenDatasetOptions, openDataset } from "./loader/open-dataset.ts";
export type { UnreadablePicture } from "./loader/picture-store.ts";
export {
  type Caption,
  type CaptionKind,
  formatCaption,
  type GroupCount,
  parseCaption,
  type Relation,
} from "./scenes/caption.ts";
export { captionsOf, describeScene, type Place, relationBetween } from "./scenes/describe-scene.ts";
export { applyEdit, type EditKind, editsOf, type SceneEdit } from "./scenes/edits.ts";
export { readSceneCases } from "./scenes/read-scene-cases.ts";
export { renderScene } from "./scenes/render-scene.ts";
export { type Split, sampleCaption, sampleScene, sampleSceneFor } from "./scenes/sample-scene.ts";
export { type SceneCase, sceneCases } from "./scenes/scene-cases.ts";
export { SCENE_TASK_NAMES, type SceneTask, type SceneTaskName } from "./scenes/scene-task.ts";
export {
  BACKGROUND,
  COLOUR_NAMES,
  COLOURS,
  type Colour,
  centroidOf,
  isSameLook,
  type Look,
  type Scene,
  type SceneObject,
  SHAPE_NAMES,
  SHAPES,
  type Shape,
  type SizeClass,
  sizeClassOf,
  WORLD_SIZE,
} from "./scenes/world.ts";
export { type WriteScenesOptions, type WriteScenesReport, writeScenes } from "./scenes/write-scenes.ts";
export type { EncodedPicture, Tokenization } from "./tokenized/format.ts";
export {
  openTokenizedDataset,
  type TokenizedDataset,
  type TokenizedParts,
  tokenizedSplits,
  writeTokenizedDataset,
} from "./tokenized/tokenized-dataset.ts";
export { TokenizedWriter } from "./tokenized/tokenized-writer.ts";
