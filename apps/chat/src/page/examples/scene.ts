/** A small picture of solid shapes, in the colours and sizes of the built-in scenes: 32 units wide, dark background. */

export type Shape = {
  readonly shape: "circle" | "square" | "triangle";
  readonly colour: keyof typeof COLOURS;
  /** Of the centre, in units. */
  readonly x: number;
  readonly y: number;
  readonly radius: number;
};

export type Scene = readonly Shape[];

export const BACKGROUND = "rgb(24 24 24)";
export const COLOURS = {
  red: "rgb(220 40 40)",
  green: "rgb(40 180 60)",
  blue: "rgb(50 80 220)",
  yellow: "rgb(235 210 50)",
  purple: "rgb(150 60 190)",
  orange: "rgb(240 140 30)",
  cyan: "rgb(50 200 210)",
  white: "rgb(245 245 245)",
} as const;

const SIZE = 32;

/** Draws a scene, `scale` pixels a unit. */
export function drawScene(scene: Scene, scale: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(SIZE * scale, SIZE * scale);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.scale(scale, scale);
  context.fillStyle = BACKGROUND;
  context.fillRect(0, 0, SIZE, SIZE);
  for (const shape of scene) {
    context.fillStyle = COLOURS[shape.colour];
    context.fill(outline(shape));
  }
  return canvas;
}

/** The picture as a file. */
export function sceneFile(scene: Scene): Promise<Blob> {
  return drawScene(scene, 4).convertToBlob({ type: "image/png" });
}

function outline({ shape, x, y, radius }: Shape): Path2D {
  const path = new Path2D();
  if (shape === "circle") path.arc(x, y, radius, 0, 2 * Math.PI);
  if (shape === "square") path.rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
  if (shape === "triangle") {
    path.moveTo(x, y - 0.9 * radius);
    path.lineTo(x + radius, y + 0.9 * radius);
    path.lineTo(x - radius, y + 0.9 * radius);
    path.closePath();
  }
  return path;
}
