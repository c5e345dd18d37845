/**
 * Which two-object captions are never trained on: those whose canonical form has FNV-1a 32 mod 10 = 0. A caption and
 * its mirror share the canonical form, hence the bucket; a picture is held out when such a caption describes it.
 */
import { fnv1a32 } from "../fnv1a.ts";
import { type Caption, canonicalCaption, formatCaption } from "./caption.ts";
import { describeScene } from "./describe-scene.ts";
import type { Scene } from "./world.ts";

/** Whether a caption is one of those that are never trained on. */
export function isHeldOutCaption(caption: Caption): boolean {
  return caption.kind === "relation" && fnv1a32(formatCaption(canonicalCaption(caption))) % 10 === 0;
}

/** Whether a held-out caption describes the scene, so that its picture must not be trained on in any task. */
export function isHeldOutScene(scene: Scene): boolean {
  return isHeldOutCaption(describeScene(scene));
}
