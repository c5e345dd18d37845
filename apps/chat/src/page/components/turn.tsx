/** What the user said, and the takes of its answer: one alone, or several side by side. */
import { setApp } from "../state/app-state.ts";
import { isOpen, type Turn } from "../state/conversation.ts";
import { AskedImage } from "./asked-image.tsx";
import { Mark } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { TakeView } from "./take.tsx";

export function TurnView(props: { turn: Turn; conversationId: string; isLast: boolean }) {
  const { turn, conversationId, isLast } = props;
  const { takes, text, images } = turn;
  const isSeveral = takes.length > 1;
  return (
    <li class="turn">
      <section class="asked" aria-label="You">
        <div class="asked-bubble">
          {images.length > 0 && (
            <div class="asked-images">
              {images.map((id) => (
                <AskedImage key={id} id={id} />
              ))}
            </div>
          )}
          {text !== "" && <p dir="auto">{text}</p>}
        </div>
        <IconButton
          icon="pencil"
          class="asked-edit"
          label="Write this again, changed"
          onClick={() => {
            setApp({ draft: { text, images } });
            document.querySelector<HTMLElement>(".composer textarea")?.focus();
          }}
        />
      </section>
      <section class="answer" aria-label="Answer" aria-busy={takes.some(isOpen)}>
        <Mark />
        <div class={isSeveral ? "takes takes-several" : "takes"}>
          {takes.map((take, index) => (
            <TakeView
              key={take.id}
              take={take}
              place={{ conversation: conversationId, turn: turn.id, take: take.id }}
              prompt={text}
              number={isSeveral ? index + 1 : undefined}
              isSelected={take.id === turn.selected}
              isLast={isLast}
            />
          ))}
        </div>
      </section>
    </li>
  );
}
