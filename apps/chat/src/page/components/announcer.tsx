/** Tells those who hear the page what goes on: that something waits, is painted, is finished. Never more than they can follow. */
import { useEffect, useRef, useState } from "preact/hooks";
import { app, openConversation } from "../state/app-state.ts";
import { imagesOf, queuePlace, type Take, textOf } from "../state/conversation.ts";
import { useStore } from "../state/store.ts";

export function Announcer() {
  const takes = useStore(app, (state) => openConversation(state).turns.at(-1)?.takes ?? NONE);
  const [text, setText] = useState("");
  const last = useRef<readonly string[]>([]);
  useEffect(() => {
    const said = takes.map(describe);
    const news = said.filter((each, index) => each !== "" && each !== last.current[index]);
    last.current = said;
    if (news.length > 0) setText(news.at(-1) as string);
  }, [takes]);
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}

const NONE: readonly Take[] = [];

function describe(take: Take): string {
  const { status, parts, label } = take;
  const name = label === "" ? "" : `${label}: `;
  switch (status.kind) {
    case "asked":
      return "";
    case "queued":
      return status.position === 0 ? "" : `${name}${queuePlace(status)}.`;
    case "running":
      return parts.some((part) => part.type === "image" && !part.isDone) ? `${name}Painting an image.` : "";
    case "stopped":
      return `${name}Stopped.`;
    case "failed":
      return "";
    case "done": {
      const numImages = imagesOf(take).length;
      const painted = numImages === 0 ? "" : numImages === 1 ? "The image is finished. " : `${numImages} images. `;
      return `${name}${painted}${textOf(take)}`;
    }
  }
}
