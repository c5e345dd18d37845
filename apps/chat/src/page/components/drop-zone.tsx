/** Pictures dropped anywhere on the page, or pasted, go to the message that is being written. */
import { useEffect, useState } from "preact/hooks";
import { attachFiles } from "../attach-files.ts";
import { Icon } from "./icon.tsx";

export function DropZone() {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setIsOver(true);
    };
    addEventListener("dragenter", over, { signal });
    addEventListener("dragover", over, { signal });
    addEventListener("dragleave", (event) => event.relatedTarget === null && setIsOver(false), { signal });
    addEventListener(
      "drop",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setIsOver(false);
        void attachFiles(event.dataTransfer?.files);
      },
      { signal },
    );
    addEventListener(
      "paste",
      ({ clipboardData }) => {
        if ((clipboardData?.files.length ?? 0) > 0) void attachFiles(clipboardData?.files);
      },
      { signal },
    );
    return () => controller.abort();
  }, []);
  return isOver ? (
    <div class="drop-zone" aria-hidden="true">
      <p>
        <Icon name="picture" /> Drop it to ask about it, or to have it changed
      </p>
    </div>
  ) : null;
}
