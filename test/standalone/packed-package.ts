/** What a package's archive must have and must not have. */
import type { EmptyProject } from "./empty-project.ts";

/** What is wrong with the archive of a package of this repository; empty when nothing is. */
export function checkPackage(project: EmptyProject, name: string): string[] {
  const { archive, files } = project.pack(name);
  const read = (file: string) => project.run("tar", ["-xOzf", archive, `package/${file}`]);
  const manifest = JSON.parse(read("package.json"));
  const problems: string[] = [];
  for (const file of ["README.md", "LICENSE", "package.json"]) {
    if (!files.includes(file)) problems.push(`${file} is missing`);
  }
  for (const target of pathsIn([manifest.exports, manifest.imports, manifest.bin])) {
    const file = target.replace("./", "");
    if (!files.includes(file)) problems.push(`${target} is named in package.json and missing`);
    if (file.endsWith(".js") && !files.includes(file.replace(/js$/, "d.ts"))) problems.push(`${target} has no types`);
  }
  for (const target of pathsIn([manifest.bin])) {
    if (!read(target.replace("./", "")).startsWith("#!")) problems.push(`${target} does not say what runs it`);
  }
  for (const file of files) {
    if (/\.test\.|\.tsbuildinfo$|^src\/testing\//.test(file)) problems.push(`${file} is no use to anyone`);
    const source = file.match(/^dist\/(.*)\.js$/)?.[1];
    if (source !== undefined && !files.includes(`src/${source}.ts`))
      problems.push(`${file} is of no source that is there`);
  }
  const { dependencies = {}, peerDependencies = {} } = manifest;
  for (const [dependency, range] of Object.entries<string>({ ...dependencies, ...peerDependencies })) {
    if (range.includes(":")) problems.push(`${dependency} ${range} is nothing that npm finds`);
  }
  return problems;
}

/** All strings that are paths in a part of a manifest. */
function pathsIn(value: unknown): string[] {
  if (typeof value === "string") return value.startsWith("./") ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}
