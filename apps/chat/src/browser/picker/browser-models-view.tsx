/** The part of the model picker that is about this browser: open a model folder, see it load, close it. */
import { useId, useRef, useState } from "preact/hooks";
import { Icon } from "../../page/components/icon.tsx";
import { IconButton } from "../../page/components/icon-button.tsx";
import { app } from "../../page/state/app-state.ts";
import { useStore } from "../../page/state/store.ts";
import { pickedFolder } from "../files/model-folder.ts";
import { backendWords, byteWords, parameterWords } from "../model-words.ts";
import type { BrowserBackend } from "../protocol.ts";
import {
  browserModels,
  cancelOpening,
  closeModel,
  forget,
  openFound,
  openModel,
  setBackend,
} from "./browser-models.ts";
import { LoadingView } from "./loading-view.tsx";

const BACKENDS: Readonly<Record<BrowserBackend, string>> = {
  auto: "the fastest here",
  webgpu: "WebGPU",
  wasm: "WebAssembly",
  cpu: "JavaScript (slow)",
};

export function BrowserModelsView() {
  const { loading, failure, loaded } = useStore(browserModels, (state) => state);
  return (
    <section class="browser-models" aria-label="In this browser">
      <h3>In this browser</h3>
      {loaded !== undefined && <LoadedView />}
      {loading === undefined ? <Openers /> : <LoadingView {...loading} onCancel={cancelOpening} />}
      {failure !== "" && (
        <p class="browser-models-failure" role="alert">
          <Icon name="warning" /> {failure}
        </p>
      )}
    </section>
  );
}

/** What is open, and how large. */
function LoadedView() {
  const loaded = useStore(browserModels, (state) => state.loaded);
  const isOfflineReady = useStore(browserModels, (state) => state.isOfflineReady);
  if (loaded === undefined) return null;
  const { name, numParameters, numBytes, backend, isKept, notKeptReason } = loaded;
  return (
    <div class="browser-model">
      <p>
        <strong>{name}</strong>{" "}
        <span class="hint">
          {parameterWords(numParameters)}, {byteWords(numBytes)}, {backendWords(backend)}
        </span>
      </p>
      <p class="hint">
        {isOfflineReady && "Works without the network from now on."}
        {!isOfflineReady && isKept && "Kept in this browser."}
        {!isKept && `Not kept: ${notKeptReason ?? "opened for this visit"}.`}
      </p>
      <button type="button" class="button" onClick={closeModel}>
        Close it
      </button>
    </div>
  );
}

/** The ways to a model: the server's own, a folder, an address, one that is kept. */
function Openers() {
  const shared = useStore(app, (state) => state.answerers).flatMap(({ models }) =>
    models.flatMap(({ id, filesUrl }) => (filesUrl === undefined ? [] : [{ id, filesUrl }])),
  );
  const folder = useRef<HTMLInputElement>(null);
  return (
    <>
      {shared.map(({ id, filesUrl }) => (
        <button
          key={id}
          type="button"
          class="button button-wide"
          onClick={() => void openModel({ kind: "url", url: filesUrl }, id)}
        >
          <Icon name="download" /> Run {id} here
        </button>
      ))}
      <button type="button" class="button button-wide" onClick={() => folder.current?.click()}>
        <Icon name="upload" /> Open a model folder
      </button>
      <input
        class="hidden"
        type="file"
        ref={(element) => {
          folder.current = element;
          // Not among the attributes that preact knows.
          element?.setAttribute("webkitdirectory", "");
        }}
        tabIndex={-1}
        aria-label="Model folder"
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          currentTarget.value = "";
          if (files.length > 0) void openFound(() => pickedFolder(files), "the folder");
        }}
      />
      <UrlForm />
      <KeptList />
      <BackendChoice />
      <p class="hint">You can also drop a model folder on the page. It stays in this browser: nothing is sent.</p>
    </>
  );
}

function UrlForm() {
  const [url, setUrl] = useState("");
  const id = useId();
  return (
    <form
      class="browser-models-url"
      onSubmit={(event) => {
        event.preventDefault();
        void openFound(() => ({ kind: "url", url: new URL(url, document.baseURI).href }), url);
      }}
    >
      <label class="visually-hidden" for={id}>
        Address of a model folder
      </label>
      <input
        id={id}
        type="text"
        inputMode="url"
        placeholder="https://… address of a folder"
        value={url}
        onInput={(event) => setUrl(event.currentTarget.value)}
      />
      <button type="submit" class="button" disabled={url.trim() === ""}>
        Open
      </button>
    </form>
  );
}

function KeptList() {
  const kept = useStore(browserModels, (state) => state.kept);
  const loaded = useStore(browserModels, (state) => state.loaded?.id);
  const others = kept.filter(({ id }) => id !== loaded);
  if (others.length === 0) return null;
  return (
    <ul class="browser-models-kept" aria-label="Kept in this browser">
      {others.map(({ id, name, numBytes }) => (
        <li key={id}>
          <button type="button" class="quiet-button" onClick={() => void openModel({ kind: "kept", id }, name)}>
            {name} <span class="hint">{byteWords(numBytes)}, kept here</span>
          </button>
          <IconButton icon="trash" label={`Forget ${name}`} onClick={() => void forget(id)} />
        </li>
      ))}
    </ul>
  );
}

function BackendChoice() {
  const backend = useStore(browserModels, (state) => state.backend);
  const id = useId();
  return (
    <p class="browser-models-backend">
      <label for={id}>Compute with</label>
      <select id={id} value={backend} onChange={(event) => setBackend(event.currentTarget.value as BrowserBackend)}>
        {(Object.keys(BACKENDS) as BrowserBackend[]).map((name) => (
          <option key={name} value={name}>
            {BACKENDS[name]}
          </option>
        ))}
      </select>
    </p>
  );
}
