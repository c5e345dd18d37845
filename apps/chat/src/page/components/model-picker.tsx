/** Says which model answers and where it runs, and lets the user choose another. */
import { BrowserModelsView } from "../../browser/picker/browser-models-view.tsx";
import type { Answerer } from "../answerers/answerer.ts";
import { chooseModel } from "../state/answerers.ts";
import { app, chosenModel } from "../state/app-state.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";
import { Popover } from "./popover.tsx";

export function ModelPicker() {
  const answerers = useStore(app, (state) => state.answerers);
  const chosen = useStore(app, (state) => state.chosen);
  const isReady = useStore(app, (state) => state.connection.kind === "ready");
  const current = chosenModel(app.get());
  const canAnswer = current !== undefined && (current.answerer.place === "browser" || isReady);
  const label = (
    <>
      <span class={`lamp ${canAnswer ? "" : "lamp-off"}`} aria-hidden="true" />
      <span class="model-name">{current?.model.id ?? "no model"}</span>
      <span class="model-place">{current?.answerer.description ?? "nothing answers yet"}</span>
      <Icon name="down" />
    </>
  );
  return (
    <Popover class="model-picker" label={label} title="Model">
      {(close) => (
        <>
          {answerers.map((answerer) => (
            <ModelList
              key={answerer.id}
              answerer={answerer}
              chosen={chosen?.answererId === answerer.id ? chosen.model : undefined}
              onChoose={close}
            />
          ))}
          {answerers.length === 0 && <p class="hint">The server that sent this page does not answer.</p>}
          <BrowserModelsView />
        </>
      )}
    </Popover>
  );
}

function ModelList(props: { answerer: Answerer; chosen: string | undefined; onChoose: () => void }) {
  const { answerer, chosen, onChoose } = props;
  return (
    <fieldset class="model-list">
      <legend>{answerer.description}</legend>
      {answerer.models.map(({ id, imageSize }) => (
        <label key={id} class="model-option">
          <input
            type="radio"
            name="model"
            checked={id === chosen}
            onChange={() => {
              chooseModel(answerer.id, id);
              onChoose();
            }}
          />
          <span class="model-name">{id}</span>
          <span class="hint">
            paints {imageSize} × {imageSize}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
