import type { SceneResponder } from "@interfuse/evaluation";
import type { DrawOptions, Pipeline } from "@interfuse/pipeline";
import type { Message, Picture } from "@interfuse/data";

/** How a pipeline answers the scene evaluation: pictures as told by `options`, texts by taking the likeliest token. */
export function sceneResponder(pipeline: Pipeline, options: Pick<DrawOptions, "seed" | "steps" | "guidanceScale">): SceneResponder {
  return {
    draw: (prompts) => pipeline.draw(prompts, options),
    answer: (conversations) => {
      const asked = conversations.map(pictureAndText);
      return pipeline.ask(
        asked.map(({ picture }) => picture),
        asked.map(({ text }) => text),
        { temperature: 0 },
      );
    },
    edit: (requests) =>
      pipeline.edit(
        requests.map(({ picture }) => picture),
        requests.map(({ instruction }) => instruction),
        options,
      ),
  };
}

/** The picture and the text of a conversation of one message. */
function pictureAndText(messages: readonly Message<Picture>[]): { picture: Picture; text: string } {
  const content = messages.flatMap((message) => message.content);
  const picture = content.find((part) => part.type === "image")?.image;
  const text = content.find((part) => part.type === "text")?.text;
  if (picture === undefined || text === undefined) {
    throw new TypeError("sceneResponder: a question must be one message of a picture and a text");
  }
  return { picture, text };
}
