/** `interfuse chat`: a conversation in the terminal, in which both sides may show pictures. */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { type ContentPart, type Message, type Picture, savePicture } from "@interfuse/data";
import type { Pipeline } from "@interfuse/pipeline";
import { stderrOutput } from "@interfuse/train";
import type { ChatOptions } from "../commands/chat-command.ts";
import { openModel, openPicture } from "../open-model.ts";
import { openTerminalPictures } from "../open-terminal-pictures.ts";
import type { TerminalPictures } from "../terminal-images/terminal-pictures.ts";

const HELP = `Type a message. /image FILE shows the model a picture with your next message, /new starts over, /exit ends.
`;

/** Runs until the input ends or /exit. The answers go to stdout; with --json one object an event. */
export async function chat(options: ChatOptions): Promise<void> {
  const pipeline = await openModel(options);
  const { isQuiet } = stderrOutput({ isQuiet: options.quiet });
  const pictures = await openTerminalPictures(options);
  if (!isQuiet) process.stderr.write(HELP);
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
    prompt: "> ",
    terminal: process.stdin.isTTY,
  });
  const conversation = new Conversation(pipeline, { ...options, pictures });
  const prompt = () => void (isQuiet || lines.prompt());
  prompt();
  for await (const line of lines) {
    if (line.trim() === "/exit") break;
    await conversation.take(line.trim());
    prompt();
  }
  lines.close();
  pipeline.dispose();
}

/** The messages so far, and what a line of input does to them. */
class Conversation {
  readonly #pipeline: Pipeline;
  readonly #options: ChatOptions & { pictures: TerminalPictures };
  #messages: Message<Picture>[] = [];
  #shown: Picture[] = [];
  #numSaved = 0;

  constructor(pipeline: Pipeline, options: ChatOptions & { pictures: TerminalPictures }) {
    this.#pipeline = pipeline;
    this.#options = options;
  }

  /** A command or a message; a problem with either is told and the conversation goes on. */
  async take(line: string): Promise<void> {
    try {
      if (line === "/new") {
        this.#messages = [];
        this.#shown = [];
      } else if (line.startsWith("/image ")) {
        this.#shown.push(await openPicture(line.slice("/image ".length).trim(), this.#pipeline));
      } else if (line.startsWith("/")) {
        process.stderr.write(`unknown command "${line}"\n${HELP}`);
      } else if (line !== "") await this.#answer(line);
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`);
    }
  }

  async #answer(text: string): Promise<void> {
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
    for await (const event of this.#pipeline.chat([...this.#messages, asked], { ...settings, numPreviews: 0 })) {
      if (event.type === "text") {
        content.push({ type: "text", text: event.text });
        process.stdout.write(json ? `${JSON.stringify(event)}\n` : event.text);
      } else if (event.type === "image") {
        content.push({ type: "image", image: event.picture });
        await this.#show(event.picture, text);
      }
    }
    if (!json) process.stdout.write("\n");
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
