/** The key for a server that demands one: kept until the tab is closed, or in this browser when the user wants that. */
const KEY = "interfuse-api-key";

export const apiKey = {
  /** "" when there is none. */
  get: (): string => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? "",
  set(key: string, { isKept }: { isKept: boolean }): void {
    sessionStorage.removeItem(KEY);
    localStorage.removeItem(KEY);
    (isKept ? localStorage : sessionStorage).setItem(KEY, key);
  },
};
