/** `interfuse chat`: a conversation in the terminal, in which both sides may show pictures. */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setImmediate as turnOfEventLoop } from "node:timers/promises";
import { type ContentPart, type Message, type Picture, savePicture } from "@interfuse/data";
import type { Pipeline } from "@interfuse/pipeline";
import { stderrOutput } from "@interfuse/train";
import type { ChatOptions } from "../commands/chat-command.ts";
import { openModel, openPicture } from "../open-model.ts";
import { openTerminalPictures } from "../open-terminal-pictures.ts";
import type { TerminalPictures } from "../terminal-images/terminal-pictures.ts";
import { typedPath } from "../typed-path.ts";

const HELP = `Type a message. /image FILE shows the model a picture with your next message, /image its last one, /new starts over, /exit ends. Ctrl-C stops an answer.
`;
const ALONE = `This model answers each message by itself; with --memory it gets the earlier ones, too.
`;

/** As in the page: contexts shorter than this hold one exchange at a time, and their models are trained on one. */
const SHORTEST_MEMORY = 2048;

/** Runs until the input ends, /exit, or Ctrl-C between answers. The answers go to stdout; with --json one object an event. */
export async function chat(options: ChatOptions): Promise<void> {
  const pipeline = await openModel(options);
  const { isQuiet } = stderrOutput({ isQuiet: options.quiet });
  const pictures = await openTerminalPictures(options);
  const hasMemory = options.memory ?? pipeline.model.config.contextLength >= SHORTEST_MEMORY;
  if (!isQuiet) process.stderr.write(hasMemory ? HELP : HELP + ALONE);
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
    prompt: "> ",
    terminal: process.stdin.isTTY,
  });
  const conversation = new Conversation(pipeline, { ...options, hasMemory, pictures });
  // The lines of a pipe are all there, and it is closed, long before the last of them is answered.
  let isClosed = false;
  let answering: AbortController | undefined;
  lines.on("close", () => {
    isClosed = true;
  });
  // On a terminal Ctrl-C comes as a key.
  lines.on("SIGINT", () => {
    if (answering !== undefined) return answering.abort();
    process.exitCode = 130;
    process.stderr.write("\n");
    lines.close();
  });
  const prompt = () => void (isQuiet || isClosed || lines.prompt());
  prompt();
  for await (const line of lines) {
    if (line.trim() === "/exit") break;
    answering = new AbortController();
    await conversation.take(line.trim(), answering.signal);
    answering = undefined;
    prompt();
  }
  lines.close();
  pipeline.dispose();
}

/** `hasMemory`: whether the model gets the earlier messages with each. */
type ConversationOptions = ChatOptions & { readonly hasMemory: boolean; readonly pictures: TerminalPictures };

/** The messages so far, and what a line of input does to them. */
class Conversation {
  readonly #pipeline: Pipeline;
  readonly #options: ConversationOptions;
  #messages: Message<Picture>[] = [];
  #shown: Picture[] = [];
  #drawn: Picture | undefined;
  #numSaved = 0;

  constructor(pipeline: Pipeline, options: ConversationOptions) {
    this.#pipeline = pipeline;
    this.#options = options;
  }

  /** A command or a message; a problem with either is told and the conversation goes on. `signal` stops the answer. */
  async take(line: string, signal: AbortSignal): Promise<void> {
    try {
      if (line === "/new") {
        this.#messages = [];
        this.#shown = [];
        this.#drawn = undefined;
      } else if (/^\/image\b/.test(line)) {
        await this.#open(line.slice("/image".length).trim());
      } else if (line === "/help") {
        process.stderr.write(HELP);
      } else if (line.startsWith("/")) {
        process.stderr.write(`unknown command "${line}"\n${HELP}`);
      } else if (line !== "") await this.#answer(line, signal);
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }

  async #open(path: string): Promise<void> {
    const file = path === "" ? undefined : typedPath(path);
    const picture = file === undefined ? this.#drawn : await openPicture(file, this.#pipeline);
    if (picture === undefined) throw new Error("/image: give the picture's file, as in /image picture.png");
    this.#shown.push(picture);
    if (!this.#options.quiet) process.stderr.write(`${file ?? "the last picture"} goes with your next message\n`);
  }

  async #answer(text: string, signal: AbortSignal): Promise<void> {
    const { seed, steps, guidance, temperature, topP, maxTokens, json } = this.#options;
    const shown = this.#shown.map((image): ContentPart<Picture> => ({ type: "image", image }));
    const asked: Message<Picture> = { role: "user", content: [...shown, { type: "text", text }] };
    const settings = {
      seed: seed + this.#messages.length,
      steps,
      guidanceScale: guidance,
      temperature,
      topP,
      maxTokens,
    };
    const content: ContentPart<Picture>[] = [];
    const earlier = this.#options.hasMemory ? this.#messages : [];
    for await (const event of this.#pipeline.chat([...earlier, asked], { ...settings, numPreviews: 0 })) {
      if (event.type === "text") {
        content.push({ type: "text", text: event.text });
        process.stdout.write(json ? `${JSON.stringify(event)}\n` : event.text);
      } else if (event.type === "image") {
        content.push({ type: "image", image: event.picture });
        this.#drawn = event.picture;
        await this.#show(event.picture, text);
      }
      // The model computes without a break; keys are read only where it makes one.
      await turnOfEventLoop();
      if (signal.aborted) break;
    }
    if (!json) process.stdout.write("\n");
    // What was stopped is as if it had not been asked; its pictures are there to ask again.
    if (signal.aborted) return void process.stderr.write("stopped\n");
    this.#messages.push(asked, { role: "assistant", content });
    this.#shown = [];
  }

  async #show(picture: Picture, prompt: string): Promise<void> {
    const { out, json, pictures } = this.#options;
    const file = join(out, `picture-${Date.now()}-${this.#numSaved++}.png`);
    try {
      await savePicture(file, picture, { text: { prompt } });
    } catch (error) {
      // The answer goes on, and the picture stays in the conversation.
      process.stderr.write(`${(error as Error).message}\n`);
      process.exitCode = 1;
      if (!json) process.stdout.write(await pictures.text(picture));
      return;
    }
    if (json) process.stdout.write(`${JSON.stringify({ type: "image", file })}\n`);
    else process.stdout.write(`${await pictures.text(picture)}[${file}]\n`);
  }
}
