/** The page's icons, drawn in strokes on a 20 by 20 grid. They never speak: what they stand for is said by the control around them. */

const PATHS = {
  plus: "M10 4.5v11M4.5 10h11",
  send: "M10 16V4.5M5 9l5-5 5 5",
  stop: "M6 6h8v8H6z",
  sliders: "M3.5 6.5h6M13.5 6.5h3M3.5 13.5h3M10.5 13.5h6M11.5 4.5v4M8.5 11.5v4",
  picture: "M3.5 4.5h13v11h-13zM3.5 13l3.5-3.5 3 3 2-2 4.5 4.5M12.8 8h.01",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  upload: "M10 13V4M6 7.5l4-4 4 4M4 16.5h12",
  reuse: "M4 5v4.5a3 3 0 0 0 3 3h9M12.5 9l3.5 3.5-3.5 3.5",
  reroll: "M15.8 8A6.2 6.2 0 0 0 4.6 7M4.2 12a6.2 6.2 0 0 0 11.2 1M4.5 3.5V7H8M15.5 16.5V13H12",
  grid: "M4 4h5v5H4zM11 4h5v5h-5zM4 11h5v5H4zM11 11h5v5h-5z",
  locked: "M5.5 9h9v7h-9zM7.5 9V6.5a2.5 2.5 0 0 1 5 0V9",
  unlocked: "M5.5 9h9v7h-9zM7.5 9V6a2.5 2.5 0 0 1 4.7-1.2",
  close: "M5 5l10 10M15 5L5 15",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16 11.5A6.5 6.5 0 0 1 8.5 4a6.5 6.5 0 1 0 7.5 7.5z",
  halves: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 3v14M11.4 3.6v12.8M12.8 4v12M14.2 4.8v10.4M15.6 6.2v7.6",
  trash: "M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5l.7 10.5h7.6l.7-10.5M8.5 8.5v5M11.5 8.5v5",
  copy: "M7 7h9v9H7zM4 13V4h9",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  play: "M6.5 4.5l9 5.5-9 5.5z",
  pause: "M6.5 4.5v11M13.5 4.5v11",
  left: "M12 4.5L6.5 10l5.5 5.5",
  right: "M8 4.5l5.5 5.5L8 15.5",
  down: "M5 8l5 5 5-5",
  pencil: "M4 16l.8-3.4L13.2 4.2l2.6 2.6-8.4 8.4z",
  compare: "M4 4.5h5v11H4zM11 4.5h5v11h-5z",
  warning: "M10 3.5l7.5 13h-15zM10 8.5v3.5M10 14.3h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** What is interfused: two discs, and what they share. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle class="mark-words" cx="12" cy="16" r="8.5" />
      <circle class="mark-pictures" cx="20" cy="16" r="8.5" />
      <path class="mark-both" d="M16 8.5a8.5 8.5 0 0 1 0 15 8.5 8.5 0 0 1 0-15z" />
    </svg>
  );
}
