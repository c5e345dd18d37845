/** The built page, read once when the server starts: what a request names is looked up here and never opened as a path. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the page, ready to be sent. */
export type PageFile = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
  /** Its name holds a digest of its content, so that it never changes. */
  readonly isHashed: boolean;
};

/** Where `vite build` puts the page. */
const FOLDER = fileURLToPath(new URL("../page", import.meta.url));

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** Files by the path they are asked by, "/" being the page itself. Empty where the page was not built. */
export function readPageFiles(folder = FOLDER): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of list(folder)) {
    const contentType = CONTENT_TYPES[extname(entry)];
    if (contentType === undefined) continue;
    files.set(`/${entry}`, pageFile(readFileSync(join(folder, entry)), { contentType, isHashed: isHashed(entry) }));
  }
  const index = files.get("/index.html");
  if (index !== undefined) files.set("/", index);
  return files;
}

/** Paths below a folder, with forward slashes. */
function list(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll("\\", "/"),
      );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** vite names what it bundles so: `assets/NAME-DIGEST.js`. */
function isHashed(path: string): boolean {
  return /^assets\/.+-[\w-]{8}\.\w+$/.test(path);
}

function pageFile(content: Uint8Array, about: Pick<PageFile, "contentType" | "isHashed">): PageFile {
  const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
  return { ...about, bytes: new Uint8Array(content), etag };
}
