import { useEffect, useRef } from "preact/hooks";
import { drawScene, type Scene } from "../examples/scene.ts";

/** Pixels a unit: scenes are looked at small. */
const SCALE = 4;

/** A scene with noise over it: 0 is clean, 1 is noise alone. Decoration: a canvas says nothing to those who hear the page. */
export function SceneView({ scene, noise = 0 }: { scene: Scene; noise?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context == null) return;
    // Noise is painted in the pixels of the model, the clean picture finely.
    const source = drawScene(scene, noise === 0 ? SCALE : 1);
    const { width, height } = context.canvas;
    if (noise > 0) addNoise(source, noise);
    context.imageSmoothingEnabled = false;
    context.drawImage(source, 0, 0, width, height);
  }, [scene, noise]);
  return <canvas class="scene-view" ref={canvas} width={32 * SCALE} height={32 * SCALE} />;
}

/** Mixes noise in, the same at every visit. */
function addNoise(canvas: OffscreenCanvas, share: number): void {
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  let state = 7;
  for (let index = 0; index < image.data.length; index++) {
    if (index % 4 === 3) continue;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = (state >>> 8) / 2 ** 24;
    image.data[index] = (1 - share) * (image.data[index] as number) + share * 255 * noise;
  }
  context.putImageData(image, 0, 0);
}
