/** Pictures dropped anywhere on the page, or pasted, go to the message that is being written; a dropped model folder is opened. */
import { useLayoutEffect, useState } from "preact/hooks";
import { droppedFolder, readDroppedFolder } from "../../browser/files/model-folder.ts";
import { openFound } from "../../browser/picker/browser-models.ts";
import { attachFiles } from "../attach-files.ts";
import { Icon } from "./icon.tsx";

export function DropZone() {
  const [isOver, setIsOver] = useState(false);
  useLayoutEffect(() => {
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
        const folder = droppedFolder(event.dataTransfer?.items);
        if (folder === undefined) void attachFiles(event.dataTransfer?.files);
        else void openFound(() => readDroppedFolder(folder), folder.name);
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
        <Icon name="picture" /> Drop a picture to ask about it or have it changed, a model folder to run it here
      </p>
    </div>
  ) : null;
}
