/** Where the next message is written: its pictures, its text, the settings it is answered with. */
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { attachFiles } from "../attach-files.ts";
import { markPixels } from "../pixels.ts";
import { app, chosenModel, openConversation, setApp } from "../state/app-state.ts";
import { imagesOf, isOpen, selectedTake } from "../state/conversation.ts";
import { attachImage, detach, send } from "../state/conversation-actions.ts";
import { useImage } from "../state/images.ts";
import { stopTake } from "../state/run-take.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { SettingsPanel } from "./settings-panel.tsx";

export function Composer() {
  const draft = useStore(app, (state) => state.draft);
  const canAnswer = useStore(app, (state) => chosenModel(state) !== undefined);
  const conversation = useStore(app, openConversation);
  const area = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const open = conversation.turns.flatMap(({ takes }) => takes).filter(isOpen);
  const stop = () => {
    for (const { id } of open) stopTake(id);
  };

  // The text decides the height.
  useEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft.text]);

  // Whoever opens a conversation wants to write in it; on a phone that would open the keyboard over it.
  useLayoutEffect(() => {
    if (matchMedia("(hover: hover)").matches) area.current?.focus();
  }, [conversation.id]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
    if (event.key === "Escape") stop();
    if (event.key === "ArrowUp" && draft.text === "") {
      const last = conversation.turns.at(-1);
      if (last !== undefined) setApp({ draft: { text: last.text, images: last.images } });
    }
  };

  return (
    <form
      class="composer"
      aria-label="Message"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {draft.images.length > 0 && (
        <ul class="attachments" aria-label="Pictures of the message">
          {draft.images.map((id) => (
            <Attachment key={id} id={id} />
          ))}
        </ul>
      )}
      {draft.images.length === 0 && open.length === 0 && <LastImageHint />}
      <textarea
        ref={area}
        rows={1}
        dir="auto"
        aria-label="Message"
        placeholder={
          draft.images.length > 0 ? "Ask about it, or say what to change" : "Describe a picture, or drop one in"
        }
        value={draft.text}
        onInput={(event) => setApp({ draft: { ...draft, text: event.currentTarget.value } })}
        onKeyDown={onKeyDown}
      />
      <div class="composer-row">
        <IconButton icon="picture" label="Add a picture" onClick={() => file.current?.click()} />
        <input
          class="hidden"
          type="file"
          accept="image/*"
          multiple
          aria-label="Pictures to add"
          tabIndex={-1}
          ref={file}
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])];
            event.currentTarget.value = "";
            void attachFiles(files);
          }}
        />
        <SettingsPanel />
        {open.length > 0 ? (
          <IconButton icon="stop" class="send-button" label="Stop" onClick={stop} />
        ) : (
          <button
            type="submit"
            class="icon-button send-button"
            aria-label="Send"
            title="Send (Enter)"
            disabled={!canAnswer || (draft.text.trim() === "" && draft.images.length === 0)}
          >
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

function Attachment({ id }: { id: string }) {
  const image = useImage(id);
  return (
    <li class="attachment">
      {image?.url !== undefined && <img src={image.url} alt="To be sent" onLoad={markPixels} />}
      <IconButton icon="close" label="Take the picture out" onClick={() => detach(id)} />
    </li>
  );
}

/** Offers the last image as input: models without memory see only what a message holds. */
function LastImageHint() {
  const image = useStore(app, (state) => {
    const take = openConversation(state).turns.map(selectedTake).at(-1);
    return take === undefined ? undefined : imagesOf(take).at(-1)?.image;
  });
  const shown = useImage(image);
  if (image === undefined || shown?.url === undefined) return null;
  return (
    <button type="button" class="last-image" onClick={() => void attachImage(image)}>
      <img src={shown.url} alt="" onLoad={markPixels} />
      Ask about this picture, or change it
    </button>
  );
}
