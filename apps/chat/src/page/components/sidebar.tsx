/** The list of conversations: a new one, those of the history, the history as a file. */
import { useRef, useState } from "preact/hooks";
import { saveFile } from "../save-file.ts";
import { app, setApp } from "../state/app-state.ts";
import { type Conversation, titleOf } from "../state/conversation.ts";
import { deleteConversation, startConversation } from "../state/conversation-actions.ts";
import { exportHistory, importHistory } from "../state/export-history.ts";
import { useStore } from "../state/store.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { Icon, Mark } from "./icon.tsx";
import { IconButton } from "./icon-button.tsx";

/** `onLeave` is called when something was chosen, for lists that cover the conversation. */
export function Sidebar({ onLeave = () => undefined }: { onLeave?: () => void }) {
  const conversations = useStore(app, (state) => state.conversations);
  const open = useStore(app, (state) => state.open);
  const file = useRef<HTMLInputElement>(null);
  const listed = Object.values(conversations)
    .filter(({ turns }) => turns.length > 0)
    .sort((a, b) => b.updatedAt - a.updatedAt);
  return (
    <div class="sidebar-inner">
      <div class="brand">
        <Mark />
        <span>Interfuse</span>
      </div>
      <button
        type="button"
        class="button button-wide"
        onClick={() => {
          startConversation();
          onLeave();
        }}
      >
        <Icon name="plus" /> New conversation
      </button>
      <nav class="history" aria-label="History">
        {listed.length === 0 ? (
          <p class="hint">What you ask is kept here, in this browser and nowhere else.</p>
        ) : (
          <ul>
            {listed.map((conversation) => (
              <HistoryItem
                key={conversation.id}
                conversation={conversation}
                isOpen={conversation.id === open}
                onLeave={onLeave}
              />
            ))}
          </ul>
        )}
      </nav>
      <div class="sidebar-end">
        <button type="button" class="quiet-button" disabled={listed.length === 0} onClick={download}>
          <Icon name="download" /> Export
        </button>
        <button type="button" class="quiet-button" onClick={() => file.current?.click()}>
          <Icon name="upload" /> Import
        </button>
        <input
          class="hidden"
          type="file"
          accept="application/json,.json"
          aria-label="History to import"
          tabIndex={-1}
          ref={file}
          onChange={(event) => void upload(event.currentTarget)}
        />
      </div>
    </div>
  );
}

function HistoryItem(props: { conversation: Conversation; isOpen: boolean; onLeave: () => void }) {
  const { conversation, isOpen, onLeave } = props;
  const [isDeletionAsked, setIsDeletionAsked] = useState(false);
  const title = titleOf(conversation);
  return (
    <li class={isOpen ? "history-item history-item-open" : "history-item"}>
      <button
        type="button"
        class="history-title"
        dir="auto"
        aria-current={isOpen ? "page" : undefined}
        onClick={() => {
          setApp({ open: conversation.id });
          onLeave();
        }}
      >
        {title}
      </button>
      <IconButton icon="trash" label={`Delete “${title}”`} onClick={() => setIsDeletionAsked(true)} />
      {isDeletionAsked && (
        <DeleteDialog
          title={title}
          onDelete={() => void remove(conversation)}
          onClose={() => setIsDeletionAsked(false)}
        />
      )}
    </li>
  );
}

async function remove(conversation: Conversation): Promise<void> {
  await deleteConversation(conversation).catch(() => undefined);
  setApp({ notice: `“${titleOf(conversation)}” is deleted.` });
}

async function download(): Promise<void> {
  try {
    saveFile(await exportHistory(), "interfuse-history.json");
  } catch (error) {
    setApp({ notice: `The history cannot be exported: ${(error as Error).message}` });
  }
}

async function upload(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  input.value = "";
  if (file === undefined) return;
  try {
    const { numConversations, isKept } = await importHistory(file);
    const imported = numConversations === 1 ? "1 conversation was" : `${numConversations} conversations were`;
    setApp({ notice: `${imported} imported${isKept ? "" : ", but this browser does not keep all of the images"}.` });
  } catch (error) {
    setApp({ notice: (error as Error).message });
  }
}
