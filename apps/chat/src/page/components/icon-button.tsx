import type { ButtonHTMLAttributes, Ref } from "preact";
import { Icon, type IconName } from "./icon.tsx";

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, "label" | "icon" | "ref"> & {
  icon: IconName;
  /** What it does, for those who hear the page, and as a tooltip. */
  label: string;
  buttonRef?: Ref<HTMLButtonElement>;
};

/** A button that shows an icon alone. */
export function IconButton({ icon, label, buttonRef, class: className = "", ...rest }: IconButtonProps) {
  return (
    <button type="button" class={`icon-button ${className}`} aria-label={label} title={label} ref={buttonRef} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
