/** What can be done with a finished answer. */
import { saveFile } from "../save-file.ts";
import { setApp } from "../state/app-state.ts";
import type { TakePlace } from "../state/change-conversation.ts";
import { imagesOf, type Take, textOf } from "../state/conversation.ts";
import { attachImage, lockSeed, removeTake, reroll, retry, vary } from "../state/conversation-actions.ts";
import { getImage, IMAGE_GONE } from "../state/images.ts";
import { ActionButton } from "./action-button.tsx";

type TakeActionsProps = { take: Take; place: TakePlace; isSeveral: boolean; isLast: boolean };

export function TakeActions({ take, place, isSeveral, isLast }: TakeActionsProps) {
  const [image] = imagesOf(take);
  const text = textOf(take);
  const { conversation, turn } = place;
  return (
    <fieldset class="actions" aria-label="Actions">
      {image !== undefined && (
        <>
          <ActionButton
            icon="reuse"
            label="Use as input"
            text="Use as input"
            onClick={() => void useAsInput(image.image)}
          />
          <ActionButton
            icon="download"
            label="Download"
            text="Download"
            onClick={() => void downloadImage(image.image, take.asked.seed)}
          />
        </>
      )}
      {text !== "" && <ActionButton icon="copy" label="Copy text" text="Copy" onClick={() => void copy(text)} />}
      {take.status.kind === "stopped" && (
        <ActionButton icon="play" label="Ask again" text="Ask again" onClick={() => retry(place)} />
      )}
      {isLast && (
        <ActionButton icon="reroll" label="Re-roll" text="Re-roll" onClick={() => reroll(conversation, turn)} />
      )}
      {isLast && image !== undefined && (
        <ActionButton
          icon="grid"
          label="Four variations"
          text="Variations"
          onClick={() => vary(conversation, turn, take)}
        />
      )}
      {image !== undefined && (
        <ActionButton
          icon="locked"
          label={`Keep seed ${take.asked.seed}`}
          text="Keep seed"
          onClick={() => keepSeed(take.asked.seed)}
        />
      )}
      {isSeveral && (
        <ActionButton icon="close" label="Remove this answer" text="Remove" onClick={() => removeTake(place)} />
      )}
    </fieldset>
  );
}

/** Puts an image into the draft and goes there. */
export async function useAsInput(id: string): Promise<void> {
  await attachImage(id);
  document.querySelector<HTMLElement>(".composer textarea")?.focus();
}

/** Saves the file as it was made, with what made it inside. */
export async function downloadImage(id: string, seed: number | undefined): Promise<void> {
  const image = await getImage(id);
  if (image?.blob === undefined) return setApp({ notice: IMAGE_GONE });
  const extension = image.blob.type === "image/jpeg" ? "jpg" : "png";
  saveFile(image.blob, seed === undefined ? `picture.${extension}` : `interfuse-${seed}.${extension}`);
}

function keepSeed(seed: number): void {
  lockSeed(seed);
  setApp({ notice: `Seed ${seed} is kept until you unlock it in the settings.` });
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    setApp({ notice: "Copied." });
  } catch {
    setApp({ notice: "The browser does not let this page copy." });
  }
}
