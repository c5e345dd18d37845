import { Option } from "commander";
import { IMAGE_PROTOCOLS, type ImageProtocol } from "../terminal-images/find-protocol.ts";

/** How pictures are shown in the terminal. */
export type ImagesOption = { readonly images: ImageProtocol | "auto" };

/** `--images` */
export function imagesOption(): Option {
  return new Option("--images <how>", "show pictures in the terminal; auto finds out how")
    .choices(["auto", ...IMAGE_PROTOCOLS])
    .default("auto");
}
