/** The history in this browser: conversations and their images in IndexedDB, written as they change. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { app, setApp } from "./app-state.ts";
import { type Conversation, imageIdsOf, withoutOpenTakes } from "./conversation.ts";
import { dropImages, type FinishedImage, type Frame, loadImagesFrom, putImage, type StoredImage } from "./images.ts";
import { mergeConversation } from "./merge-conversation.ts";

/** Images as they are stored: bytes, which every browser keeps. */
type ImageRow = {
  readonly id: string;
  readonly conversationId: string;
  readonly type: string;
  readonly bytes: ArrayBuffer;
  readonly frames: readonly { readonly step: number; readonly bytes: ArrayBuffer }[];
};

interface HistorySchema extends DBSchema {
  conversations: { key: string; value: Conversation };
  images: { key: string; value: ImageRow; indexes: { conversationId: string } };
}

/** Changes of conversations are not written more often than this, but for new turns. */
const WRITE_MS = 300;

const NO_ROOM = "This browser has no room for the history any more; export what you want to keep.";

/** Conversations as this tab last read or wrote them: another tab may have written them since. */
const lastKnown = new Map<string, Conversation>();

let database: Promise<IDBPDatabase<HistorySchema>> | undefined;

/** Async, since some browsers throw at once where storage is blocked. */
async function open(): Promise<IDBPDatabase<HistorySchema>> {
  database ??= openDB<HistorySchema>("interfuse", 1, {
    upgrade(db) {
      db.createObjectStore("conversations", { keyPath: "id" });
      db.createObjectStore("images", { keyPath: "id" }).createIndex("conversationId", "conversationId");
    },
  });
  return database;
}

/**
 * Reads the history, and writes whatever changes from then on.
 * @throws {DOMException} when the browser keeps nothing for this page (a private window in some browsers)
 */
export async function startHistory(): Promise<void> {
  const db = await open();
  loadImagesFrom((id) => loadImage(id).catch(() => undefined));
  const stored = await db.getAll("conversations");
  const known = Object.fromEntries(stored.map((conversation) => [conversation.id, withoutOpenTakes(conversation)]));
  app.set((state) => ({ ...state, conversations: { ...known, ...state.conversations } }));
  for (const conversation of Object.values(known)) lastKnown.set(conversation.id, conversation);
  const changed = new Set<string>();
  let timer: number | undefined;
  let lastWrite = Number.NEGATIVE_INFINITY;
  const write = async () => {
    lastWrite = performance.now();
    const { conversations } = app.get();
    const rows = [...changed].map((id) => conversations[id]).filter((row) => row !== undefined);
    changed.clear();
    try {
      await Promise.all(rows.filter(({ turns }) => turns.length > 0).map((row) => writeRow(db, row)));
    } catch {
      setApp({ notice: NO_ROOM });
    }
  };
  app.subscribe(({ conversations }, last) => {
    if (conversations === last.conversations) return;
    let hasNewTurn = false;
    for (const [id, conversation] of Object.entries(conversations)) {
      const before = last.conversations[id];
      if (before !== conversation) changed.add(id);
      hasNewTurn ||= conversation.turns.length > (before?.turns.length ?? 0);
    }
    clearTimeout(timer);
    // Browsers do not wait for what is written when a page is left; what was said is not to be lost with its answer.
    if (hasNewTurn) return void write();
    timer = window.setTimeout(write, Math.max(0, lastWrite + WRITE_MS - performance.now()));
  });
  addEventListener("pagehide", () => void write());
}

/** Writes a conversation with what other tabs have written of it, which is then shown here, too. */
async function writeRow(db: IDBPDatabase<HistorySchema>, row: Conversation): Promise<void> {
  const { id } = row;
  const known = lastKnown.get(id);
  lastKnown.set(id, row);
  const { store, done } = db.transaction("conversations", "readwrite");
  const stored = await store.get(id);
  const merged = mergeConversation(row, { stored, known });
  await Promise.all([store.put(merged), done]);
  if (merged === row) return;
  app.set((state) => {
    const now = state.conversations[id];
    if (now === undefined) return state;
    const shown = mergeConversation(now, { stored: merged, known: row });
    return { ...state, conversations: { ...state.conversations, [id]: shown } };
  });
}

/**
 * Writes an image. One that cannot be kept lasts as long as the page, and the user is told.
 * @returns whether it is kept
 */
export async function saveImage(image: FinishedImage): Promise<boolean> {
  // Where the browser keeps nothing `startHistory` has said so.
  const db = await open().catch(() => undefined);
  try {
    await db?.put("images", await rowOf(image));
  } catch {
    putImage(image);
    setApp({ notice: NO_ROOM });
    return false;
  }
  if (db === undefined) putImage(image);
  return db !== undefined;
}

async function rowOf({ id, conversationId, blob, frames }: FinishedImage): Promise<ImageRow> {
  const read = async (frame: Frame) => ({ step: frame.step, bytes: await frame.blob.arrayBuffer() });
  const bytes = await blob.arrayBuffer();
  return { id, conversationId, type: blob.type, bytes, frames: await Promise.all(frames.map(read)) };
}

export async function loadImage(id: string): Promise<StoredImage | undefined> {
  const row = await (await open()).get("images", id);
  if (row === undefined) return undefined;
  const { conversationId, type, bytes, frames } = row;
  return {
    id,
    conversationId,
    blob: new Blob([bytes], { type }),
    frames: frames.map((frame) => ({ step: frame.step, blob: new Blob([frame.bytes], { type }) })),
  };
}

/** Takes a conversation and its images out of the history. It must have no open take. */
export async function removeFromHistory(conversation: Conversation): Promise<void> {
  const db = await open();
  await db.delete("conversations", conversation.id);
  const keys = await db.getAllKeysFromIndex("images", "conversationId", conversation.id);
  await Promise.all(keys.map((key) => db.delete("images", key)));
  dropImages(imageIdsOf(conversation));
}
