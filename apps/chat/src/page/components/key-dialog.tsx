/** Asks for the API key of a server that demands one. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { connect } from "../state/answerers.ts";
import { apiKey } from "../state/api-key.ts";
import { app, setApp } from "../state/app-state.ts";
import { useStore } from "../state/store.ts";

export function KeyDialog() {
  const isAsked = useStore(app, (state) => state.isKeyAsked);
  const { kind } = useStore(app, (state) => state.connection);
  const wasWrong = kind === "key-needed" && apiKey.get() !== "";
  const dialog = useRef<HTMLDialogElement>(null);
  const [isKept, setIsKept] = useState(false);
  // Before the next paint: nobody meets a page that looks ready while the dialog still takes what is typed.
  useLayoutEffect(() => {
    if (isAsked) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isAsked]);
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby="key-title" onCancel={() => setApp({ isKeyAsked: false })}>
      <form
        class="sheet-form"
        onSubmit={(event) => {
          event.preventDefault();
          const key = new FormData(event.currentTarget).get("key");
          if (!apiKey.set(String(key).trim(), { isKept })) {
            setApp({ notice: "This browser does not keep the key: it is asked for again when the page is." });
          }
          void connect();
        }}
      >
        <h2 id="key-title">API key</h2>
        <p class="hint">Whoever runs this server gave you one, or makes one with “interfuse api-key”.</p>
        <label class="field">
          <span>Key</span>
          <input name="key" type="password" autocomplete="off" required aria-describedby="key-problem" />
        </label>
        <p id="key-problem" class="problem" role="alert">
          {wasWrong ? "The server does not take the last key." : ""}
        </p>
        <label class="check">
          <input type="checkbox" checked={isKept} onChange={(event) => setIsKept(event.currentTarget.checked)} />
          <span>Keep it in this browser</span>
        </label>
        <div class="row-end">
          <button type="button" class="quiet-button" onClick={() => setApp({ isKeyAsked: false })}>
            Cancel
          </button>
          <button type="submit" class="button button-main">
            Use key
          </button>
        </div>
      </form>
    </dialog>
  );
}
