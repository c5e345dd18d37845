/** The line above the conversation: the list's button on a phone, what answers, the theme. */
import { useRef } from "preact/hooks";
import { app, setSettings } from "../state/app-state.ts";
import { startConversation } from "../state/conversation-actions.ts";
import type { Settings } from "../state/settings.ts";
import { useStore } from "../state/store.ts";
import { useIsNarrow } from "../use-is-narrow.ts";
import type { IconName } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";
import { ModelPicker } from "./model-picker.tsx";
import { Sidebar } from "./sidebar.tsx";

const NEXT_THEME = { auto: "light", light: "dark", dark: "auto" } as const;
const THEME_ICONS: Record<Settings["theme"], IconName> = { auto: "halves", light: "sun", dark: "moon" };
const THEME_NAMES = { auto: "as the system", light: "light", dark: "dark" } as const;

export function TopBar() {
  const theme = useStore(app, (state) => state.settings.theme);
  const isNarrow = useIsNarrow();
  const drawer = useRef<HTMLDialogElement>(null);
  return (
    <header class="top-bar">
      {isNarrow && (
        <>
          <IconButton icon="menu" label="Conversations" onClick={() => drawer.current?.showModal()} />
          {/* biome-ignore lint/a11y/useKeyWithClickEvents: a dialog closes by Escape of itself. */}
          <dialog class="drawer" ref={drawer} aria-label="Conversations" onClick={closeOnBackdrop}>
            <Sidebar onLeave={() => drawer.current?.close()} />
          </dialog>
        </>
      )}
      <ModelPicker />
      <div class="top-bar-end">
        {isNarrow && <IconButton icon="plus" label="New conversation" onClick={startConversation} />}
        <IconButton
          icon={THEME_ICONS[theme]}
          label={`Theme: ${THEME_NAMES[theme]}. Change to ${THEME_NAMES[NEXT_THEME[theme]]}`}
          onClick={() => setSettings({ theme: NEXT_THEME[theme] })}
        />
      </div>
    </header>
  );
}

/** A click beside what a dialog shows closes it. */
function closeOnBackdrop(event: MouseEvent & { currentTarget: HTMLDialogElement }): void {
  if (event.target === event.currentTarget) event.currentTarget.close();
}
