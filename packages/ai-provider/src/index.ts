export { type ImagePreview, imagePreview } from "./chunks.ts";
export type { InterfuseImageOptions, InterfuseLanguageOptions } from "./options.ts";
export { createInterfuse, type InterfuseProvider, type InterfuseSettings, interfuse } from "./provider.ts";
