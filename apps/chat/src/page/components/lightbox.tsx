/** An image by itself, large: with its replay, what made it, and its neighbours in the conversation by arrow keys. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { markPixels } from "../pixels.ts";
import { app, openConversation, setApp } from "../state/app-state.ts";
import { type Asked, type Conversation, imagesOf } from "../state/conversation.ts";
import { IMAGE_GONE, type ShownImage, useImage } from "../state/images.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { ReplayStrip } from "./replay-strip.tsx";
import { downloadImage, useAsInput } from "./take-actions.tsx";

/** An image that can be looked at; what the user gave has no `asked`. */
type Exhibit = { readonly id: string; readonly prompt: string; readonly asked: Asked | undefined };

const close = () => setApp({ lightbox: undefined });

export function Lightbox() {
  const id = useStore(app, (state) => state.lightbox);
  const conversation = useStore(app, openConversation);
  const dialog = useRef<HTMLDialogElement>(null);
  // Before the next paint, and before what closed it moves the focus: nothing behind an open dialog takes that.
  useLayoutEffect(() => {
    if (id === undefined) dialog.current?.close();
    else if (dialog.current?.open === false) dialog.current.showModal();
  }, [id]);
  const exhibits = id === undefined ? [] : exhibitsOf(conversation);
  const index = exhibits.findIndex((each) => each.id === id);
  const exhibit = exhibits[index];
  const go = (offset: number) => {
    const next = exhibits[index + offset];
    if (next !== undefined) setApp({ lightbox: next.id });
  };
  return (
    <dialog
      class="lightbox"
      ref={dialog}
      aria-label="Image"
      // The state closes the dialog: were it the other way round, an image opened before the close event would stay closed.
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClose={() => dialog.current?.open === false && close()}
      onClick={(event) => event.target === dialog.current && close()}
      onKeyDown={(event) => {
        if (event.target instanceof HTMLInputElement) return;
        if (event.key === "ArrowLeft") go(-1);
        if (event.key === "ArrowRight") go(1);
      }}
    >
      {exhibit !== undefined && (
        <div class="lightbox-inner">
          <IconButton icon="close" class="lightbox-close" label="Close" onClick={close} />
          <Large key={exhibit.id} exhibit={exhibit} />
          <div class="lightbox-turn">
            <IconButton icon="left" label="Image before" disabled={index === 0} onClick={() => go(-1)} />
            <span class="hint">
              {index + 1} of {exhibits.length}
            </span>
            <IconButton
              icon="right"
              label="Next image"
              disabled={index === exhibits.length - 1}
              onClick={() => go(1)}
            />
          </div>
        </div>
      )}
    </dialog>
  );
}

function Large({ exhibit }: { exhibit: Exhibit }) {
  const image = useImage(exhibit.id);
  const [frame, setFrame] = useState<number | undefined>(undefined);
  if (image?.url === undefined) return <p class="hint">{IMAGE_GONE}</p>;
  const url = (frame === undefined ? undefined : image.frameUrls[frame]) ?? image.url;
  return (
    <>
      <img class="lightbox-image" src={url} alt={exhibit.prompt} onLoad={markPixels} />
      {image.frameUrls.length > 0 && <ReplayStrip image={image} frame={frame} onFrame={setFrame} />}
      <Caption exhibit={exhibit} image={image} />
    </>
  );
}

function Caption({ exhibit, image }: { exhibit: Exhibit; image: ShownImage }) {
  const { asked, prompt } = exhibit;
  return (
    <div class="lightbox-caption">
      <div>
        <p class="lightbox-prompt">{prompt}</p>
        {asked !== undefined && (
          <dl class="how-made">
            <dt>seed</dt>
            <dd>{asked.seed}</dd>
            <dt>steps</dt>
            <dd>{asked.steps}</dd>
            <dt>guidance</dt>
            <dd>{asked.guidanceScale}</dd>
            <dt>model</dt>
            <dd>{asked.model}</dd>
          </dl>
        )}
      </div>
      <div class="row">
        <button
          type="button"
          class="button"
          onClick={() => {
            setApp({ lightbox: undefined });
            void useAsInput(image.id);
          }}
        >
          <Icon name="reuse" /> Use as input
        </button>
        <button type="button" class="button" onClick={() => void downloadImage(image.id, asked?.seed)}>
          <Icon name="download" /> Download
        </button>
      </div>
    </div>
  );
}

/** The finished images of a conversation, in their order. */
function exhibitsOf({ turns }: Conversation): Exhibit[] {
  return turns.flatMap(({ text, images, takes }) => [
    ...images.map((id) => ({ id, prompt: "What you gave", asked: undefined })),
    ...takes.flatMap((take) => imagesOf(take).map(({ image }) => ({ id: image, prompt: text, asked: take.asked }))),
  ]);
}
