/** Light or dark: the user's choice where there is one, else the system's. */
import { app } from "./state/app-state.ts";

export function followTheme(): void {
  const apply = () => {
    const { theme } = app.get().settings;
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  app.subscribe((state, last) => state.settings.theme !== last.settings.theme && apply());
}
