/** Why there is no answer, and what to do about it. */
import type { AnswerErrorKind } from "../answerers/answerer.ts";
import { setApp } from "../state/app-state.ts";
import type { TakePlace } from "../state/change-conversation.ts";
import type { Take } from "../state/conversation.ts";
import { retry } from "../state/conversation-actions.ts";
import { Icon } from "./icon.tsx";

const HEADINGS: Record<AnswerErrorKind, string> = {
  unreachable: "Nobody answers",
  "key-needed": "A key is needed",
  busy: "Too much to do right now",
  refused: "This cannot be answered",
  failed: "The answer broke off",
};

/** Of what failed before any of it was there, as a message longer than the model's context does. */
const NOTHING_CAME = "There is no answer";

export function TakeProblem({ take, place }: { take: Take; place: TakePlace }) {
  const { status, asked, parts } = take;
  if (status.kind !== "failed") return null;
  const { error, message, retryAfterSeconds } = status;
  return (
    <div class="problem-note" role="alert">
      <Icon name="warning" />
      <div>
        <p class="problem-heading">{error === "failed" && parts.length === 0 ? NOTHING_CAME : HEADINGS[error]}</p>
        <p>
          {message}
          {retryAfterSeconds !== undefined && ` Try again in about ${Math.ceil(retryAfterSeconds)} s.`}
        </p>
        <div class="row">
          {error === "key-needed" && (
            <button type="button" class="button" onClick={() => setApp({ isKeyAsked: true })}>
              Enter key
            </button>
          )}
          <button type="button" class="button" onClick={() => retry(place)}>
            Try again
          </button>
          {asked.hasMemory && (error === "refused" || error === "failed") && (
            <button type="button" class="quiet-button" onClick={() => retry(place, { hasMemory: false })}>
              Ask without earlier messages
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
