/** The key for a server that demands one: kept until the tab is closed, or in this browser when the user wants that. */
import { KeptText } from "./kept-text.ts";

const KEY = "interfuse-api-key";
const inTab = new KeptText(KEY, () => sessionStorage);
const inBrowser = new KeptText(KEY, () => localStorage);

export const apiKey = {
  /** "" when there is none. */
  get: (): string => inTab.get() ?? inBrowser.get() ?? "",
  /** @returns whether it is kept for as long as it was to be; otherwise it is known until the page is left */
  set(key: string, { isKept }: { isKept: boolean }): boolean {
    inTab.remove();
    inBrowser.remove();
    return (isKept ? inBrowser : inTab).set(key);
  },
};
