/** An image of an answer: noise that sharpens while it is painted, then the image, which opens large. */
import { useState } from "preact/hooks";
import { pixelsOf } from "../pixels.ts";
import { setApp } from "../state/app-state.ts";
import type { ImagePart } from "../state/conversation.ts";
import { IMAGE_GONE, type ShownImage, useImage } from "../state/images.ts";
import { ReplayStrip } from "./replay-strip.tsx";

/** Blur of the first preview, in pixels; it goes as the steps come. */
const MAX_BLUR = 14;

type PaintedImageProps = { part: ImagePart; prompt: string; hasStrip: boolean };

export function PaintedImage({ part, prompt, hasStrip }: PaintedImageProps) {
  const image = useImage(part.image);
  const [frame, setFrame] = useState<number | undefined>(undefined);
  const { width, height, isDone } = part;
  const style = { aspectRatio: `${width} / ${height}` };
  if (!isDone) return <Painting part={part} image={image} style={style} />;
  const url = (frame === undefined ? undefined : image?.frameUrls[frame]) ?? image?.url;
  if (url === undefined) {
    return (
      <div class="canvas canvas-gone" style={style}>
        <p class="hint">{IMAGE_GONE}</p>
      </div>
    );
  }
  const alt = prompt === "" ? "The painted image" : `Painted for: ${prompt}`;
  return (
    <figure class="painting">
      <button type="button" class="canvas" style={style} onClick={() => setApp({ lightbox: part.image })}>
        <img class={pixelsOf(part)} src={url} alt={alt} width={width} height={height} />
      </button>
      {hasStrip && image !== undefined && <ReplayStrip image={image} frame={frame} onFrame={setFrame} />}
    </figure>
  );
}

function Painting(props: { part: ImagePart; image: ShownImage | undefined; style: { aspectRatio: string } }) {
  const { part, image, style } = props;
  const { step, numSteps } = part;
  const share = numSteps === 0 ? 0 : step / numSteps;
  const preview = image?.frameUrls.at(-1);
  return (
    <div class="canvas canvas-painting" style={style}>
      {preview !== undefined && (
        <img
          class={pixelsOf(part)}
          src={preview}
          alt=""
          style={{ filter: `blur(${((1 - share) * MAX_BLUR).toFixed(1)}px)` }}
        />
      )}
      <div
        class="painting-progress"
        role="progressbar"
        aria-label="Painting"
        aria-valuemin={0}
        aria-valuemax={numSteps || 1}
        aria-valuenow={step}
      >
        <span style={{ transform: `scaleX(${share})` }} />
      </div>
      <p class="painting-step" aria-hidden="true">
        {numSteps === 0 ? "beginning" : `${step} / ${numSteps}`}
      </p>
    </div>
  );
}
