import { markPixels } from "../pixels.ts";
import { setApp } from "../state/app-state.ts";
import { useImage } from "../state/images.ts";

/** A picture that the user gave, small; opens large. */
export function AskedImage({ id }: { id: string }) {
  const image = useImage(id);
  if (image?.url === undefined) return <span class="asked-image asked-image-gone">picture</span>;
  return (
    <button type="button" class="asked-image" onClick={() => setApp({ lightbox: id })}>
      <img src={image.url} alt="What you gave" onLoad={markPixels} />
    </button>
  );
}
