/** How messages are answered, in one small panel above its button, which says the most important of it. */
import { app, chosenModel, setSettings } from "../state/app-state.ts";
import { MAX_GUIDANCE, MAX_STEPS, NUM_SEEDS, randomSeed, type Settings, usesMemory } from "../state/settings.ts";
import { useStore } from "../state/store.ts";
import { Choice } from "./choice.tsx";
import { Icon } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { Popover } from "./popover.tsx";
import { Slider } from "./slider.tsx";

const ANSWER_NAMES = { auto: "Either", image: "Picture", text: "Words" } as const;

export function SettingsPanel() {
  const settings = useStore(app, (state) => state.settings);
  // Chosen anew with the model; both are read together.
  useStore(app, (state) => state.chosen);
  const model = chosenModel(app.get())?.model;
  const own = { steps: model?.steps ?? 20, guidanceScale: model?.guidanceScale ?? 3 };
  return (
    <Popover class="settings" title="Settings" label={<Summary settings={settings} own={own} />}>
      {() => (
        <>
          <Choice
            label="Answer with"
            names={ANSWER_NAMES}
            value={settings.answerWith}
            onChange={(answerWith) => setSettings({ answerWith })}
          />
          <SeedField settings={settings} />
          <div class={settings.isComparing ? "compared" : ""}>
            <ImageSliders
              values={settings}
              own={own}
              label={settings.isComparing ? "A" : ""}
              onChange={(change) => setSettings(change)}
            />
            {settings.isComparing && (
              <ImageSliders
                values={settings.compared}
                own={own}
                label="B"
                onChange={(change) => setSettings({ compared: { ...settings.compared, ...change } })}
              />
            )}
          </div>
          <label class="check">
            <input
              type="checkbox"
              checked={settings.isComparing}
              onChange={(event) => setSettings({ isComparing: event.currentTarget.checked })}
            />
            <span>Compare two settings side by side</span>
          </label>
          <Slider
            label="Variety of words"
            min={0}
            max={1.5}
            step={0.1}
            value={settings.temperature}
            text={settings.temperature === 0 ? "none" : settings.temperature.toFixed(1)}
            onChange={(temperature) => setSettings({ temperature })}
          />
          {model !== undefined && (
            <label class="check">
              <input
                type="checkbox"
                checked={usesMemory(settings, model)}
                onChange={(event) => setSettings({ hasMemory: event.currentTarget.checked })}
              />
              <span>Remember earlier messages</span>
            </label>
          )}
        </>
      )}
    </Popover>
  );
}

type Own = { readonly steps: number; readonly guidanceScale: number };

/** What the button says. */
function Summary({ settings, own }: { settings: Settings; own: Own }) {
  const { isComparing, isSeedLocked, seed, steps, guidanceScale } = settings;
  return (
    <>
      <Icon name={isComparing ? "compare" : "sliders"} />
      <span class="settings-summary">
        <span class="visually-hidden">Settings: </span>
        {isComparing ? "A and B" : `${steps ?? own.steps} steps · guidance ${guidanceScale ?? own.guidanceScale}`}
        {isSeedLocked && ` · seed ${seed}`}
      </span>
    </>
  );
}

function SeedField({ settings: { seed, isSeedLocked } }: { settings: Settings }) {
  return (
    <div class="seed-field">
      <label class="field">
        <span>Seed</span>
        <input
          type="number"
          inputMode="numeric"
          min={0}
          max={NUM_SEEDS - 1}
          value={seed}
          onChange={(event) => {
            const next = event.currentTarget.valueAsNumber;
            if (Number.isSafeInteger(next) && next >= 0 && next < NUM_SEEDS)
              setSettings({ seed: next, isSeedLocked: true });
            else event.currentTarget.value = String(seed);
          }}
        />
      </label>
      <IconButton
        icon={isSeedLocked ? "locked" : "unlocked"}
        label="Keep the seed"
        aria-pressed={isSeedLocked}
        onClick={() => setSettings({ isSeedLocked: !isSeedLocked })}
      />
      <IconButton icon="reroll" label="Another seed" onClick={() => setSettings({ seed: randomSeed() })} />
    </div>
  );
}

type ImageSlidersProps = {
  values: { readonly steps: number | undefined; readonly guidanceScale: number | undefined };
  own: Own;
  /** "A" or "B" where there are two. */
  label: string;
  onChange: (change: { steps?: number; guidanceScale?: number }) => void;
};

function ImageSliders({ values, own, label, onChange }: ImageSlidersProps) {
  const steps = values.steps ?? own.steps;
  const guidanceScale = values.guidanceScale ?? own.guidanceScale;
  const suffix = label === "" ? "" : ` ${label}`;
  return (
    <fieldset class={label === "" ? "sliders" : "sliders sliders-compared"}>
      <legend class={label === "" ? "visually-hidden" : ""}>{label === "" ? "Pictures" : label}</legend>
      <Slider
        label={`Steps${suffix}`}
        min={1}
        max={MAX_STEPS}
        step={1}
        value={steps}
        text={String(steps)}
        onChange={(value) => onChange({ steps: value })}
      />
      <Slider
        label={`Guidance${suffix}`}
        min={1}
        max={MAX_GUIDANCE}
        step={0.5}
        value={guidanceScale}
        text={guidanceScale === 1 ? "off" : String(guidanceScale)}
        onChange={(value) => onChange({ guidanceScale: value })}
      />
    </fieldset>
  );
}
