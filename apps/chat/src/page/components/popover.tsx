/** A button and what it opens: a small panel beside it that Escape, a click elsewhere or the button closes. */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

type PopoverProps = {
  /** What the button shows. */
  label: ComponentChildren;
  /** The panel's name for those who hear the page. */
  title: string;
  class?: string;
  children: (close: () => void) => ComponentChildren;
};

export function Popover({ label, title, class: className = "", children }: PopoverProps) {
  const [isOpen, setIsOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = () => {
    setIsOpen(false);
    button.current?.focus();
  };
  // Before the next paint: what is seen open can be closed.
  useLayoutEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>(".popover :is(input, button, select)")?.focus();
    const closeOutside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setIsOpen(false);
    };
    const closeByKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    document.addEventListener("pointerdown", closeOutside);
    // Not only in the panel: the focus leaves it when what had it goes, such as the button that loads a model.
    document.addEventListener("keydown", closeByKey);
    return () => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("keydown", closeByKey);
    };
  }, [isOpen]);
  return (
    <div class={`popover-root ${className}`} ref={root}>
      <button
        type="button"
        class="popover-button"
        ref={button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        {label}
      </button>
      {isOpen && (
        <section class="popover" id={id} aria-label={title}>
          {children(close)}
        </section>
      )}
    </div>
  );
}
