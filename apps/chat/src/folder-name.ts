/** The folder's own name, or its parent's where that says more: `out/demo/model` is "demo". */
export function folderName(path: string): string {
  const names = path.split(/[\\/]/).filter((name) => name !== "" && name !== ".");
  const last = names.at(-1) ?? "model";
  return last === "model" ? (names.at(-2) ?? last) : last;
}
