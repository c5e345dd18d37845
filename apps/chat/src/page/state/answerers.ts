/** What can answer: the server, which is looked for until it is found, and whatever else is added. */
import { AnswerError, type Answerer } from "../answerers/answerer.ts";
import { connectServer } from "../answerers/server.ts";
import { apiKey } from "./api-key.ts";
import { app, chosenModel, setApp } from "./app-state.ts";

/** Seconds between attempts to reach the server; the last is repeated. */
const RETRY_SECONDS = [1, 2, 4, 8, 15];

let numFailures = 0;
let timer: number | undefined;

/** Adds something that answers, in the place of one with the same id. It is chosen when `choose` says so or there is no other. */
export function addAnswerer(answerer: Answerer, { choose = false }: { choose?: boolean } = {}): void {
  app.set((state) => ({
    ...state,
    answerers: [...state.answerers.filter(({ id }) => id !== answerer.id), answerer],
  }));
  if (choose || chosenModel(app.get()) === undefined) chooseModel(answerer.id, answerer.models[0]?.id ?? "");
}

/** Takes it out; if it was chosen, the first of the others is. */
export function removeAnswerer(id: string): void {
  app.set((state) => ({ ...state, answerers: state.answerers.filter((answerer) => answerer.id !== id) }));
  const { answerers, chosen } = app.get();
  if (chosen?.answererId !== id) return;
  const [next] = answerers;
  if (next === undefined) setApp({ chosen: undefined });
  else chooseModel(next.id, next.models[0]?.id ?? "");
}

export function chooseModel(answererId: string, model: string): void {
  setApp({ chosen: { answererId, model } });
}

/** Looks for the server, now and, while it does not answer, again and again. */
export async function connect(): Promise<void> {
  clearTimeout(timer);
  try {
    addAnswerer(await connectServer(apiKey.get()));
    numFailures = 0;
    setApp({ connection: { kind: "ready" }, isKeyAsked: false });
  } catch (error) {
    if (!(error instanceof AnswerError)) throw error;
    if (error.kind === "key-needed") return setApp({ connection: { kind: "key-needed" }, isKeyAsked: true });
    const seconds = RETRY_SECONDS[Math.min(numFailures++, RETRY_SECONDS.length - 1)] as number;
    setApp({
      connection: { kind: "unreachable", message: error.message, retryAt: Date.now() + seconds * 1000 },
      isKeyAsked: false,
    });
    timer = window.setTimeout(connect, seconds * 1000);
  }
}
