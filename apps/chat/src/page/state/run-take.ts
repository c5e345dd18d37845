/** Has a take answered: asks, and writes what comes into the take until it ends, fails or is stopped. */
import { AnswerError, type AnswerEvent, type AnswerMessage, type AnswerPart } from "../answerers/answerer.ts";
import { newId } from "../new-id.ts";
import { connect } from "./answerers.ts";
import { app, setApp } from "./app-state.ts";
import { changeTake, type TakePlace } from "./change-conversation.ts";
import {
  type Asked,
  type Conversation,
  type ImagePart,
  selectedTake,
  type Take,
  type TakePart,
} from "./conversation.ts";
import { saveImage } from "./history.ts";
import { getImage, peekImage, putImage } from "./images.ts";

/** Previews that are asked for: the frames of the strip that replays the painting. */
const NUM_PREVIEWS = 12;

const running = new Map<string, AbortController>();

/** Runs until the take is done; never throws. */
export async function runTake(place: TakePlace): Promise<void> {
  const controller = new AbortController();
  running.set(place.take, controller);
  changeTake(place, (take) => ({ ...take, status: { kind: "asked" }, parts: [] }));
  try {
    const asked = findAsked(place);
    const answerer = app.get().answerers.find(({ id }) => id === asked.answererId);
    if (answerer === undefined) {
      throw new AnswerError("unreachable", "What was to answer this is not here any more; choose another model.");
    }
    const messages = await messagesFor(place, asked);
    const request = { ...asked, messages, numPreviews: NUM_PREVIEWS };
    for await (const event of answerer.ask(request, controller.signal)) receive(place, event);
    changeTake(place, (take) => ({ ...take, status: { kind: "done" } }));
  } catch (error) {
    fail(place, error);
  } finally {
    running.delete(place.take);
  }
}

/** Stops a take; what was told so far stays. */
export function stopTake(take: string): void {
  running.get(take)?.abort();
}

function fail(place: TakePlace, error: unknown): void {
  const isStopped = error instanceof DOMException && error.name === "AbortError";
  const known = error instanceof AnswerError ? error : new AnswerError("failed", (error as Error).message);
  changeTake(place, (take) => ({
    ...take,
    status: isStopped
      ? { kind: "stopped" }
      : { kind: "failed", error: known.kind, message: known.message, retryAfterSeconds: known.retryAfterSeconds },
    parts: take.parts.filter((part) => part.type === "text" || part.isDone),
  }));
  if (isStopped) return;
  if (known.kind === "key-needed") setApp({ connection: { kind: "key-needed" }, isKeyAsked: true });
  // The server may be gone for good or for a moment; the page says which.
  if (known.kind === "unreachable") void connect();
}

function findAsked(place: TakePlace): Asked {
  const { turns } = app.get().conversations[place.conversation] as Conversation;
  const takes = turns.find(({ id }) => id === place.turn)?.takes ?? [];
  return (takes.find(({ id }) => id === place.take) as Take).asked;
}

/** What the model gets: the turn's message, and the turns before it where the take has memory of them. */
async function messagesFor(place: TakePlace, { hasMemory }: Asked): Promise<AnswerMessage[]> {
  const { turns } = app.get().conversations[place.conversation] as Conversation;
  const index = turns.findIndex(({ id }) => id === place.turn);
  const messages: AnswerMessage[] = [];
  for (const turn of turns.slice(hasMemory ? 0 : index, index + 1)) {
    const user: AnswerPart[] = turn.text === "" ? [] : [{ type: "text", text: turn.text }];
    const question: AnswerMessage = { role: "user", parts: [...(await imageParts(turn.images)), ...user] };
    if (turn.id === place.turn) messages.push(question);
    else {
      const answer = await answerParts(selectedTake(turn));
      if (answer.length > 0) messages.push(question, { role: "assistant", parts: answer });
    }
  }
  return messages;
}

async function answerParts(take: Take | undefined): Promise<AnswerPart[]> {
  const parts = await Promise.all(
    (take?.parts ?? []).map(async (part): Promise<AnswerPart[]> => {
      return part.type === "text" ? [part] : imageParts([part.image]);
    }),
  );
  return parts.flat();
}

async function imageParts(ids: readonly string[]): Promise<AnswerPart[]> {
  const images = await Promise.all(ids.map(getImage));
  return images.map((image) => {
    if (image?.blob !== undefined) return { type: "image" as const, image: image.blob };
    throw new AnswerError("refused", "An image that belongs to this is not kept in this browser any more.");
  });
}

function receive(place: TakePlace, event: AnswerEvent): void {
  if (event.type === "end") return;
  changeTake(place, (take) => {
    if (event.type === "queued") {
      const { position, etaSeconds } = event;
      return { ...take, status: { kind: "queued", position, etaSeconds } };
    }
    return { ...take, status: { kind: "running" }, parts: partsAfter(take.parts, event, place.conversation) };
  });
}

/** The parts of a take after an event; images go to the image store. */
function partsAfter(parts: readonly TakePart[], event: AnswerEvent, conversationId: string): readonly TakePart[] {
  const last = parts.at(-1);
  switch (event.type) {
    case "text":
      return last?.type === "text"
        ? [...parts.slice(0, -1), { type: "text", text: last.text + event.text }]
        : [...parts, { type: "text", text: event.text }];
    case "image-start": {
      const { width, height } = event;
      const image = newId();
      putImage({ id: image, conversationId, blob: undefined, frames: [] });
      return [...parts, { type: "image", image, width, height, step: 0, numSteps: 0, isDone: false }];
    }
    case "image-progress":
    case "image-preview": {
      const painted = openImage(parts);
      if (painted === undefined) return parts;
      const { step, numSteps } = event;
      if (event.type === "image-preview") addFrame(painted.image, { step, blob: event.image });
      return [...parts.slice(0, -1), { ...painted, step, numSteps }];
    }
    case "image": {
      const painted = openImage(parts);
      if (painted === undefined) return parts;
      finishImage(painted.image, event.image);
      return [...parts.slice(0, -1), { ...painted, step: painted.numSteps, isDone: true }];
    }
    default:
      return parts;
  }
}

/** The image being painted, which is the last part. */
function openImage(parts: readonly TakePart[]): ImagePart | undefined {
  const last = parts.at(-1);
  return last?.type === "image" && !last.isDone ? last : undefined;
}

function addFrame(id: string, frame: { step: number; blob: Blob }): void {
  const image = peekImage(id);
  if (image !== undefined) putImage({ ...image, frames: [...image.frames, frame] });
}

function finishImage(id: string, blob: Blob): void {
  const image = peekImage(id);
  if (image === undefined) return;
  const finished = { ...image, blob };
  putImage(finished);
  void saveImage(finished);
}
