/** The whole page. */
import { openConversation, app as store } from "../state/app-state.ts";
import { useStore } from "../state/store.ts";
import { useIsNarrow } from "../use-is-narrow.ts";
import { Announcer } from "./announcer.tsx";
import { Composer } from "./composer.tsx";
import { ConnectionBanner } from "./connection-banner.tsx";
import { ConversationView } from "./conversation-view.tsx";
import { DropZone } from "./drop-zone.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { Lightbox } from "./lightbox.tsx";
import { Notice } from "./notice.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TopBar } from "./top-bar.tsx";
import { Welcome } from "./welcome.tsx";

export function App() {
  const isNew = useStore(store, (state) => openConversation(state).turns.length === 0);
  const isNarrow = useIsNarrow();
  return (
    <div class="app">
      {!isNarrow && (
        <aside class="sidebar" aria-label="Conversations">
          <Sidebar />
        </aside>
      )}
      <div class="stage">
        <TopBar />
        <main class="scroller" aria-label="Conversation">
          {isNew ? <Welcome /> : <ConversationView />}
        </main>
        <div class="dock">
          <Notice />
          <ConnectionBanner />
          <Composer />
        </div>
      </div>
      <Lightbox />
      <KeyDialog />
      <DropZone />
      <Announcer />
    </div>
  );
}
