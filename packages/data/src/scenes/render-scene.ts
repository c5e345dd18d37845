/**
 * Anti-aliased rendering without a graphics library: every shape is a stack of horizontal spans. Each pixel row is cut
 * into sub-rows; on a sub-row the overlap of the span with each pixel is exact, and coverage is their mean.
 */
import type { Picture } from "@interfuse/image-tokenizer";
import { BACKGROUND, COLOURS, type Scene, type SceneObject, SHAPES, type Shape, WORLD_SIZE } from "./world.ts";

const SUB_ROWS = 8;

/**
 * Draws a scene as a `size` x `size` RGB picture.
 *
 * @throws RangeError when size is not a whole number from 8 to 4096.
 */
export function renderScene(scene: Scene, size: number): Picture {
  if (!Number.isInteger(size) || size < 8 || size > 4096) {
    throw new RangeError(
      `renderScene: size (=${size}) must be a whole number from 8 to 4096; scenes are made for 32 or 64`,
    );
  }
  const data = new Uint8Array(size * size * 3);
  for (let i = 0; i < data.length; i++) data[i] = BACKGROUND[i % 3] as number;
  const coverage = new Float32Array(size);
  for (const object of scene.objects) drawObject(object, { data, size, coverage });
  return { width: size, height: size, data };
}

type Canvas = { data: Uint8Array; size: number; coverage: Float32Array };

function drawObject(object: SceneObject, { data, size, coverage }: Canvas): void {
  const scale = size / WORLD_SIZE;
  const radius = object.radius * scale;
  const centreX = object.x * scale;
  const centreY = object.y * scale;
  const halfHeight = SHAPES[object.shape].halfHeight * radius;
  const [red, green, blue] = COLOURS[object.colour];
  const lastRow = Math.min(size, Math.ceil(centreY + halfHeight));
  for (let row = Math.max(0, Math.floor(centreY - halfHeight)); row < lastRow; row++) {
    coverage.fill(0);
    for (let subRow = 0; subRow < SUB_ROWS; subRow++) {
      const halfWidth = halfWidthAt(object.shape, radius, row + (subRow + 0.5) / SUB_ROWS - centreY);
      if (halfWidth > 0) addSpan(coverage, centreX - halfWidth, centreX + halfWidth);
    }
    for (let column = 0; column < size; column++) {
      const share = coverage[column] as number;
      if (share === 0) continue;
      const offset = (row * size + column) * 3;
      data[offset] = mix(data[offset] as number, red, share);
      data[offset + 1] = mix(data[offset + 1] as number, green, share);
      data[offset + 2] = mix(data[offset + 2] as number, blue, share);
    }
  }
}

/** Half the width of a shape at `dy` below its box centre; 0 outside. */
function halfWidthAt(shape: Shape, radius: number, dy: number): number {
  if (shape === "circle") return Math.sqrt(Math.max(0, radius * radius - dy * dy));
  const halfHeight = 0.9 * radius;
  if (Math.abs(dy) > halfHeight) return 0;
  return shape === "square" ? halfHeight : (radius * (dy + halfHeight)) / (2 * halfHeight);
}

/** Adds one sub-row's share of coverage to each pixel that the span [left, right] overlaps. */
function addSpan(coverage: Float32Array, left: number, right: number): void {
  const end = Math.min(coverage.length, Math.ceil(right));
  for (let column = Math.max(0, Math.floor(left)); column < end; column++) {
    const overlap = Math.min(right, column + 1) - Math.max(left, column);
    coverage[column] = (coverage[column] as number) + overlap / SUB_ROWS;
  }
}

function mix(from: number, to: number, share: number): number {
  return Math.round(from + (to - from) * Math.min(1, share));
}
