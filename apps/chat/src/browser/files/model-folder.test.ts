import { describe, expect, it } from "vitest";
import { pickedFolder } from "./model-folder.ts";

const file = (path: string) => {
  const made = new File(["x"], path.split("/").at(-1) as string);
  return Object.defineProperty(made, "webkitRelativePath", { value: path });
};
const MODEL = ["config.json", "tokenizer.json", "model.safetensors", "image_tokenizer/config.json"];
const inside = (folder: string) => MODEL.map((path) => file(`${folder}/${path}`));

describe("pickedFolder", () => {
  it("takes the folder itself, or the model nearest to it inside", () => {
    const place = pickedFolder(inside("model"));
    expect(place.name).toBe("model");
    expect(place.files.map(({ path }) => path)).toEqual(MODEL);
    const files = [...inside("out/demo/model/checkpoint-1"), ...inside("out/demo/model"), file("out/a.txt")];
    const nested = pickedFolder(files);
    expect(nested.name).toBe("out/demo/model");
    expect(nested.files.map(({ path }) => path)).toEqual([...MODEL.map((path) => `checkpoint-1/${path}`), ...MODEL]);
  });

  it("says what a model folder has when there is none", () => {
    const photos = [file("photos/config.json"), file("photos/1.jpg")];
    expect(() => pickedFolder(photos)).toThrow(/no model folder.*tokenizer.json/);
  });
});
