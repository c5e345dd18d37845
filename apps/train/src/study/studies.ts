import { debugStudy } from "./plans/debug.ts";
import { imageTokenizersStudy } from "./plans/image-tokenizers.ts";
import type { Study } from "./study.ts";

/** Studies by name. */
export const STUDIES: Readonly<Record<string, Study>> = {
  "image-tokenizers": imageTokenizersStudy(),
  debug: debugStudy(),
};
