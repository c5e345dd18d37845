/** The three edits: recolour one object, remove one of two, exchange two places. */
import { formatLook } from "./caption.ts";
import { COLOUR_NAMES, type Colour, isSameLook, isWellPlaced, type Look, type Scene } from "./world.ts";

/** One edit; objects are named by their look. */
export type SceneEdit =
  | { readonly kind: "recolour"; readonly object: Look; readonly colour: Colour }
  | { readonly kind: "remove"; readonly object: Look }
  | { readonly kind: "exchange"; readonly first: Look; readonly second: Look };

/** What an edit does. */
export type EditKind = SceneEdit["kind"];
export const EDIT_KINDS: readonly EditKind[] = ["recolour", "remove", "exchange"];

/** The instruction's text, as a user would type it. */
export function formatEdit(edit: SceneEdit): string {
  switch (edit.kind) {
    case "recolour":
      return `make the ${formatLook(edit.object)} ${edit.colour}`;
    case "remove":
      return `remove the ${formatLook(edit.object)}`;
    case "exchange":
      return `swap the ${formatLook(edit.first)} and the ${formatLook(edit.second)}`;
  }
}

/** The scene after an edit; objects that it does not name stay as they are. */
export function applyEdit(scene: Scene, edit: SceneEdit): Scene {
  const { objects } = scene;
  switch (edit.kind) {
    case "recolour":
      return {
        objects: objects.map((object) =>
          isSameLook(object, edit.object) ? { ...object, colour: edit.colour } : object,
        ),
      };
    case "remove":
      return { objects: objects.filter((object) => !isSameLook(object, edit.object)) };
    case "exchange": {
      const first = objects.find((object) => isSameLook(object, edit.first));
      const second = objects.find((object) => isSameLook(object, edit.second));
      if (first === undefined || second === undefined) return scene;
      return {
        objects: objects.map((object) => {
          if (object === first) return { ...object, x: second.x, y: second.y };
          return object === second ? { ...object, x: first.x, y: first.y } : object;
        }),
      };
    }
  }
}

/**
 * Every edit of one kind whose result is again a scene of this world: colours stay different, an exchange leaves both
 * objects inside the picture. Scenes of equal objects have none, as no object can be named.
 */
export function editsOf(scene: Scene, kind: EditKind): SceneEdit[] {
  const [first, second] = scene.objects;
  if (first === undefined || scene.objects.length > 2) return [];
  if (second === undefined) return kind === "recolour" ? recolourings(first, scene) : [];
  if (first.colour === second.colour) return [];
  if (kind === "recolour") return [...recolourings(first, scene), ...recolourings(second, scene)];
  if (kind === "remove") return [first, second].map((object) => ({ kind, object: lookOf(object) }));
  const exchanges: SceneEdit[] = [
    { kind, first: lookOf(first), second: lookOf(second) },
    { kind, first: lookOf(second), second: lookOf(first) },
  ];
  return exchanges.filter((edit) => isWellPlaced(applyEdit(scene, edit)));
}

function recolourings(object: Look, scene: Scene): SceneEdit[] {
  const taken = new Set(scene.objects.map(({ colour }) => colour));
  return COLOUR_NAMES.filter((colour) => !taken.has(colour)).map((colour) => ({
    kind: "recolour",
    object: lookOf(object),
    colour,
  }));
}

function lookOf({ colour, shape }: Look): Look {
  return { colour, shape };
}
