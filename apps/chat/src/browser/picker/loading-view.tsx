import { byteWords } from "../model-words.ts";
import type { LoadProgress } from "../protocol.ts";

/** A model being loaded: what is happening, how far it is, and a way out. */
export function LoadingView(props: { name: string; progress: LoadProgress; onCancel: () => void }) {
  const { name, progress, onCancel } = props;
  const share = progress.stage === "reading" ? progress.loadedBytes / Math.max(1, progress.totalBytes) : undefined;
  return (
    <div class="browser-model">
      <p role="status">Opening {name}</p>
      <progress max={1} value={share} aria-label={`Opening ${name}`} />
      <p class="hint">{words(progress)}</p>
      <button type="button" class="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}

function words(progress: LoadProgress): string {
  if (progress.stage === "starting") return "Getting ready to compute";
  return `${progress.path}: ${byteWords(progress.loadedBytes)} of ${byteWords(progress.totalBytes)}`;
}
