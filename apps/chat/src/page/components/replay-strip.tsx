/** Plays the painting of an image again: its previews in a row, under a slider that shows any of them. */
import { useEffect, useState } from "preact/hooks";
import type { ShownImage } from "../state/images.ts";
import { IconButton } from "./icon-button.tsx";

/** How long each preview is shown while it plays. */
const FRAME_MS = 140;

type ReplayStripProps = {
  image: ShownImage;
  /** Which preview is shown large; undefined is the image itself. */
  frame: number | undefined;
  onFrame: (frame: number | undefined) => void;
};

export function ReplayStrip({ image, frame, onFrame }: ReplayStripProps) {
  const [isPlaying, setIsPlaying] = useState(false);
  const numFrames = image.frameUrls.length;
  const at = frame ?? numFrames;
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => {
      if (at >= numFrames) return setIsPlaying(false);
      onFrame(at + 1 === numFrames ? undefined : at + 1);
    }, FRAME_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, at, numFrames, onFrame]);
  if (numFrames === 0) return null;
  const step = image.frames[at]?.step;
  return (
    <div class="strip">
      <IconButton
        icon={isPlaying ? "pause" : "play"}
        label={isPlaying ? "Pause" : "Replay the painting"}
        onClick={() => {
          if (!isPlaying && at >= numFrames) onFrame(0);
          setIsPlaying(!isPlaying);
        }}
      />
      <div class="strip-track">
        <div class="strip-frames" aria-hidden="true">
          {[...image.frameUrls, image.url].map((url, index) => (
            <img key={url} class={index === at ? "strip-current" : ""} src={url} alt="" />
          ))}
        </div>
        <input
          type="range"
          class="strip-slider"
          aria-label="Moment of the painting"
          aria-valuetext={step === undefined ? "finished" : `after ${step} steps`}
          min={0}
          max={numFrames}
          step={1}
          value={at}
          onInput={(event) => {
            setIsPlaying(false);
            const next = event.currentTarget.valueAsNumber;
            onFrame(next >= numFrames ? undefined : next);
          }}
        />
      </div>
    </div>
  );
}
