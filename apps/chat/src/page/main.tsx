/** Starts the page. */
import { render } from "preact";
import { restoreModel } from "../browser/picker/browser-models.ts";
import { App } from "./components/app.tsx";
import { connect } from "./state/answerers.ts";
import { setApp } from "./state/app-state.ts";
import { startHistory } from "./state/history.ts";
import { keepSettings } from "./state/keep-settings.ts";
import { followTheme } from "./theme.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/conversation.css";
import "./styles/composer.css";
import "./styles/dialogs.css";
import "./styles/welcome.css";
import "./styles/browser-models.css";

followTheme();
keepSettings();
startHistory().catch(() =>
  setApp({ notice: "This browser keeps no history for this page; export what you want to keep." }),
);
void connect();
void restoreModel();
render(<App />, document.getElementById("page") as HTMLElement);
