/** Asks before a conversation is deleted, which cannot be undone. */
import { useId, useLayoutEffect, useRef } from "preact/hooks";

type DeleteDialogProps = {
  /** Of the conversation. */
  title: string;
  onDelete: () => void;
  /** Called when it has closed, whatever was chosen. */
  onClose: () => void;
};

export function DeleteDialog({ title, onDelete, onClose }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog class="sheet" ref={dialog} aria-labelledby={id} onClose={onClose}>
      <div class="sheet-form">
        <h2 id={id}>Delete “{title}”?</h2>
        <p class="hint">Its messages and images are in this browser only, and cannot be brought back.</p>
        <div class="row-end">
          <button type="button" class="quiet-button" onClick={() => dialog.current?.close()}>
            Keep
          </button>
          <button type="button" class="button button-main" onClick={onDelete}>
            Delete
          </button>
        </div>
      </div>
    </dialog>
  );
}
