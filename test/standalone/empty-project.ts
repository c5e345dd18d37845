/** A project outside this repository in which packages of it are installed as anyone would: from their archives. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** This repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export class EmptyProject {
  readonly folder = mkdtempSync(join(tmpdir(), "interfuse-standalone-"));

  /** Runs a command in the project. @returns what it printed @throws Error when it fails, with `stdout` and `stderr`. */
  run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
    return execFileSync(command, args, {
      cwd: this.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
  }

  /** Runs a JavaScript file of the project, or of elsewhere. */
  runNode(...args: readonly string[]): string {
    return this.run(process.execPath, args);
  }

  /** Runs the programs of a package's README. @returns for each the line that it prints, the one that it says it prints, and its backend */
  runReadme(
    name: string,
  ): { printed: string | undefined; promised: string | undefined; backend: string | undefined }[] {
    const readme = readFileSync(join(ROOT, "packages", name, "README.md"), "utf8");
    return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => {
      const asking = 'console.log((await import("@tensorflow/tfjs")).getBackend());';
      this.write("readme.mjs", `${code}\n${asking}\n`);
      const lines = this.runNode("readme.mjs").trim().split("\n");
      return {
        printed: lines.at(-2),
        promised: code.match(/console\.log\(.*\); \/\/ (.*)/)?.[1],
        backend: lines.at(-1),
      };
    });
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** The file names in the archive of a package of this repository, which it packs. */
  pack(name: string): { readonly archive: string; readonly files: readonly string[] } {
    const packageFolder = join(ROOT, "packages", name);
    this.runNode(join(ROOT, "scripts/pnpm.mjs"), "-C", packageFolder, "pack", "--pack-destination", this.folder);
    const archive = readdirSync(this.folder).find((file) => file.startsWith(`interfuse-${name}-`)) as string;
    const files = this.run("tar", ["-tzf", archive])
      .trim()
      .split("\n")
      .map((file) => file.replace(/^package\//, ""));
    return { archive, files };
  }

  /**
   * Packs packages of this repository and installs them beside others, given by name and version. With pnpm nothing is
   * downloaded: its store has what the repository's set-up installed. npm asks its registry.
   *
   * @returns why that is not possible here, or undefined
   */
  install(
    names: readonly string[],
    others: Readonly<Record<string, string>>,
    { installer = "pnpm" }: { installer?: "pnpm" | "npm" } = {},
  ): string | undefined {
    try {
      const archives = Object.fromEntries(
        names.map((name) => [`@interfuse/${name}`, `file:${this.pack(name).archive}`]),
      );
      const dependencies = { ...archives, ...others };
      this.write("package.json", JSON.stringify({ private: true, type: "module", dependencies }));
      if (installer === "npm") {
        this.run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
      } else {
        // Unlike npm, pnpm looks for a dependency's dependencies in the registry even where the project has them.
        this.write("pnpm-workspace.yaml", `pmOnFail: ignore\noverrides: ${JSON.stringify(archives)}\n`);
        this.runNode(
          join(ROOT, "scripts/pnpm.mjs"),
          "-C",
          this.folder,
          "install",
          "--offline",
          "--no-frozen-lockfile",
          "--ignore-scripts",
        );
      }
      return undefined;
    } catch (error) {
      const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
      return `${stdout ?? ""}${stderr ?? ""}`.match(/ERR_PNPM\S*.*|npm error.*/)?.[0] ?? message;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
