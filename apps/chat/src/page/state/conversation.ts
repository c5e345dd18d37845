/**
 * A conversation as the page keeps it. One message of the user is a turn; what was answered is a take, and a turn has as many
 * takes as were asked for: re-rolls, variations and compared settings are all takes side by side. One of them is selected and
 * is what the conversation goes on from. Images are named by id; `images.ts` has them.
 */
import type { AnswerErrorKind } from "../answerers/answerer.ts";

export type Conversation = {
  readonly id: string;
  /** In milliseconds since 1970, as `updatedAt`. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly turns: readonly Turn[];
};

export type Turn = {
  readonly id: string;
  readonly text: string;
  /** What the user gave beside the text. */
  readonly images: readonly string[];
  readonly takes: readonly Take[];
  /** Id of a take. */
  readonly selected: string;
};

export type Take = {
  readonly id: string;
  /** "A" or "B" where two settings are compared, else "". */
  readonly label: string;
  readonly asked: Asked;
  readonly status: TakeStatus;
  readonly parts: readonly TakePart[];
};

/** Everything that decides what a take becomes. */
export type Asked = {
  readonly answererId: string;
  readonly model: string;
  readonly seed: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly temperature: number;
  readonly answerWith: "auto" | "image" | "text";
  /** Whether the turns before were sent too. */
  readonly hasMemory: boolean;
};

export type TakeStatus =
  | { readonly kind: "asked" }
  | { readonly kind: "queued"; readonly position: number; readonly etaSeconds?: number }
  | { readonly kind: "running" }
  | { readonly kind: "done" }
  /** By the user, or because the page was closed. */
  | { readonly kind: "stopped" }
  | {
      readonly kind: "failed";
      readonly error: AnswerErrorKind;
      readonly message: string;
      readonly retryAfterSeconds?: number;
    };

export type TakePart = { readonly type: "text"; readonly text: string } | ImagePart;

export type ImagePart = {
  readonly type: "image";
  readonly image: string;
  readonly width: number;
  readonly height: number;
  /** Steps done of `numSteps`; `numSteps` is 0 until the first. */
  readonly step: number;
  readonly numSteps: number;
  readonly isDone: boolean;
};

/** It is being made. */
export function isOpen({ status }: Take): boolean {
  return status.kind === "asked" || status.kind === "queued" || status.kind === "running";
}

export function selectedTake(turn: Turn): Take | undefined {
  return turn.takes.find(({ id }) => id === turn.selected);
}

/** The images of a take that are finished. */
export function imagesOf(take: Take): ImagePart[] {
  return take.parts.filter((part) => part.type === "image").filter(({ isDone }) => isDone);
}

export function textOf(take: Take): string {
  return take.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** A place in the queue, in words. */
export function queuePlace({ position, etaSeconds }: { position: number; etaSeconds?: number }): string {
  const before = position === 1 ? "One request is before yours" : `${position} requests are before yours`;
  const place = position === 0 ? "You are next" : before;
  return etaSeconds === undefined ? place : `${place}, about ${Math.max(1, Math.round(etaSeconds))} s`;
}

/** What a conversation is called in the list. */
export function titleOf({ turns }: Conversation): string {
  const text = turns[0]?.text.trim().replace(/\s+/g, " ") ?? "";
  if (text === "") return turns.length > 0 ? "A picture" : "New conversation";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** Ids of every image in a conversation. */
export function imageIdsOf({ turns }: Conversation): string[] {
  return turns.flatMap(({ images, takes }) => [
    ...images,
    ...takes.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "image" ? [part.image] : []))),
  ]);
}

/** As it stands after the page was closed while answers were being made: images that are unfinished are gone. */
export function withoutOpenTakes(conversation: Conversation): Conversation {
  const close = (take: Take): Take =>
    isOpen(take)
      ? {
          ...take,
          status: { kind: "stopped" },
          parts: take.parts.filter((part) => part.type === "text" || part.isDone),
        }
      : take;
  return { ...conversation, turns: conversation.turns.map((turn) => ({ ...turn, takes: turn.takes.map(close) })) };
}
