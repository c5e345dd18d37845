import { Icon, type IconName } from "./icon.tsx";

type ActionButtonProps = {
  icon: IconName;
  /** What it does in full, for those who hear the page, and as a tooltip. */
  label: string;
  /** The same in a word or two, shown where there is room; part of the label. */
  text: string;
  onClick: () => void;
};

/** A button under an answer: an icon, and words where the answer has the width to itself. */
export function ActionButton({ icon, label, text, onClick }: ActionButtonProps) {
  return (
    <button type="button" class="action-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
      <span class="action-text">{text}</span>
    </button>
  );
}
