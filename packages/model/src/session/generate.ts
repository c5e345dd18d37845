import type { Document } from "../document.ts";
import type { UnifiedModel } from "../unified-model.ts";
import type { GenerationEvent } from "./events.ts";
import type { GenerationOptions } from "./options.ts";
import { Session } from "./session.ts";

/**
 * Answers one document as a stream of events, the last of which is `end`. Everything is freed when the loop over it ends,
 * early or not.
 * @throws as `Session.add` and `Session.step`, at the first or the failing event.
 */
export async function* generate(
  model: UnifiedModel,
  document: Document,
  options: GenerationOptions,
): AsyncGenerator<GenerationEvent, void, undefined> {
  const session = new Session(model);
  try {
    session.add(document, options);
    while (session.numRunning > 0) {
      for (const { event } of await session.step()) {
        yield event;
      }
    }
  } finally {
    session.dispose();
  }
}
