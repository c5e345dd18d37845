/** A short message above what is written with, whatever stands there, that goes away by itself. */
import { useEffect } from "preact/hooks";
import { app, setApp } from "../state/app-state.ts";
import { useStore } from "../state/store.ts";

const SHOWN_MS = 5000;

export function Notice() {
  const notice = useStore(app, (state) => state.notice);
  useEffect(() => {
    if (notice === "") return;
    const timer = setTimeout(() => setApp({ notice: "" }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div class="notice-place" role="status">
      {notice !== "" && <p class="notice">{notice}</p>}
    </div>
  );
}
