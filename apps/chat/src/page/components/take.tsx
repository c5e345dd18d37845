/** One answer: its text and images in their order, how it stands, how it was made, and what can be done with it. */
import type { TakePlace } from "../state/change-conversation.ts";
import { imagesOf, isOpen, queuePlace, type Take } from "../state/conversation.ts";
import { selectTake } from "../state/conversation-actions.ts";
import { PaintedImage } from "./painted-image.tsx";
import { TakeActions } from "./take-actions.tsx";
import { TakeProblem } from "./take-problem.tsx";

type TakeProps = {
  take: Take;
  place: TakePlace;
  prompt: string;
  /** Its place among several; undefined when it is alone. */
  number: number | undefined;
  isSelected: boolean;
  /** Belongs to the last turn. */
  isLast: boolean;
};

export function TakeView({ take, place, prompt, number, isSelected, isLast }: TakeProps) {
  const { parts, status } = take;
  const isSeveral = number !== undefined;
  const name = take.label === "" ? `Answer ${number ?? ""}`.trim() : `Answer ${take.label}`;
  return (
    <article class={`take take-${status.kind} ${isSeveral && isSelected ? "take-selected" : ""}`} aria-label={name}>
      {take.label !== "" && (
        <p class="take-label" aria-hidden="true">
          {take.label}
        </p>
      )}
      {parts.map((part, index) =>
        part.type === "text" ? (
          // Parts only ever grow at the end.
          <p class="said" dir="auto" key={index}>
            {part.text}
          </p>
        ) : (
          <PaintedImage key={part.image} part={part} prompt={prompt} hasStrip={!isSeveral} />
        ),
      )}
      <Waiting take={take} />
      {status.kind === "done" && parts.length === 0 && <p class="hint">The model said nothing.</p>}
      {status.kind === "stopped" && <p class="hint">Stopped.</p>}
      {status.kind === "failed" && <TakeProblem take={take} place={place} />}
      {!isOpen(take) && status.kind !== "failed" && <HowMade take={take} />}
      {!isOpen(take) && status.kind !== "failed" && (
        <TakeActions take={take} place={place} isSeveral={isSeveral} isLast={isLast} />
      )}
      {isSeveral && !isOpen(take) && (
        <label class="take-choice">
          <input type="radio" name={`choice-${place.turn}`} checked={isSelected} onChange={() => selectTake(place)} />
          <span>{isSelected ? "Goes on from here" : "Go on from this"}</span>
        </label>
      )}
    </article>
  );
}

/** Until there is something to see. */
function Waiting({ take: { status, parts } }: { take: Take }) {
  if (status.kind === "queued") {
    return (
      <p class="waiting">
        <span class="dots" aria-hidden="true" />
        <span class="waiting-text">{queuePlace(status)}</span>
      </p>
    );
  }
  const isSilent = parts.length === 0 && (status.kind === "asked" || status.kind === "running");
  return isSilent ? (
    <p class="waiting">
      <span class="dots" aria-hidden="true" />
      <span class="visually-hidden">Waiting for the answer</span>
    </p>
  ) : null;
}

/** The settings that made it. */
function HowMade({ take }: { take: Take }) {
  const { seed, steps, guidanceScale, temperature } = take.asked;
  const isImage = imagesOf(take).length > 0;
  if (!isImage && temperature === 0) return null;
  return (
    <dl class="how-made">
      <dt>seed</dt>
      <dd>{seed}</dd>
      {isImage && (
        <>
          <dt>steps</dt>
          <dd>{steps}</dd>
          <dt>guidance</dt>
          <dd>{guidanceScale}</dd>
        </>
      )}
    </dl>
  );
}
