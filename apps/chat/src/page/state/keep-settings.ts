/** Keeps the settings between visits. Says so, once, when the browser does not. */
import { app, setApp } from "./app-state.ts";
import { saveSettings } from "./settings.ts";

export function keepSettings(): void {
  let isTold = false;
  app.subscribe((state, last) => {
    if (state.settings === last.settings || saveSettings(state.settings) || isTold) return;
    isTold = true;
    setApp({ notice: "This browser does not keep your settings: they are the usual ones on your next visit." });
  });
}
