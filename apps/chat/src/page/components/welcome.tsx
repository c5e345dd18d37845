/** What a new conversation shows: what this is, and prompts to click. */
import { ASK_EXAMPLES, CHANGE_EXAMPLES, DRAW_EXAMPLES, type Example } from "../examples/examples.ts";
import { type Scene, sceneFile } from "../examples/scene.ts";
import { app, chosenModel } from "../state/app-state.ts";
import { attach, send } from "../state/conversation-actions.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";
import { SceneView } from "./scene-view.tsx";

/** From noise to picture, as the strip above the examples shows it. */
const NOISE = [1, 0.85, 0.68, 0.48, 0.26, 0];
const HERO: Scene = [
  { shape: "circle", colour: "red", x: 16, y: 9.5, radius: 6 },
  { shape: "square", colour: "blue", x: 16, y: 23.5, radius: 6 },
];

export function Welcome() {
  const canAnswer = useStore(app, (state) => chosenModel(state) !== undefined);
  const list = (examples: readonly Example[]) => (
    <ul>
      {examples.map((example) => (
        <li key={example.text}>
          <button type="button" class="example" disabled={!canAnswer} onClick={() => void ask(example)}>
            {example.scene !== undefined && <SceneView scene={example.scene} />}
            <span>{example.text}</span>
            <Icon name="right" />
          </button>
        </li>
      ))}
    </ul>
  );
  return (
    <div class="welcome">
      <div class="hero">
        <div class="hero-strip" aria-hidden="true">
          {NOISE.map((noise) => (
            <SceneView key={noise} scene={HERO} noise={noise} />
          ))}
        </div>
        <h1>Words in, pictures out, and the other way round.</h1>
        <p>
          One model reads and paints. Ask for a picture, watch it come out of the noise, then ask about it or change it.
        </p>
      </div>
      <div class="examples">
        <section aria-labelledby="examples-draw">
          <h2 id="examples-draw">Draw</h2>
          {list(DRAW_EXAMPLES)}
        </section>
        <section aria-labelledby="examples-ask">
          <h2 id="examples-ask">Ask about a picture</h2>
          {list(ASK_EXAMPLES)}
        </section>
        <section aria-labelledby="examples-change">
          <h2 id="examples-change">Change a picture</h2>
          {list(CHANGE_EXAMPLES)}
        </section>
      </div>
    </div>
  );
}

async function ask({ text, scene }: Example): Promise<void> {
  if (scene !== undefined) attach(await sceneFile(scene));
  send({ text, images: app.get().draft.images });
}
