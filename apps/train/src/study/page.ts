/** A study's page: text by hand, and parts between markers that the figures fill. */
import type { Results, Section, Study } from "./study.ts";

/** All tables, section by section. */
export function formatStudy({ sections }: Study, results: Results): string {
  return sections.map((section) => `## ${section.name}\n\n${formatSection(section, results)}\n`).join("\n");
}

/**
 * The page with the text between `<!-- study: NAME -->` and `<!-- /study -->` replaced for every section.
 * @throws Error when the page lacks a section's markers.
 */
export function replaceSections(page: string, { sections }: Study, results: Results): string {
  return sections.reduce((text, section) => {
    const marker = `<!-- study: ${section.name} -->\n`;
    const start = text.indexOf(marker);
    const end = text.indexOf("<!-- /study -->", start);
    if (start < 0 || end < 0)
      throw new Error(`replaceSections: the page lacks "${marker.trim()}" .. "<!-- /study -->"`);
    return `${text.slice(0, start + marker.length)}\n${formatSection(section, results)}\n\n${text.slice(end)}`;
  }, page);
}

function formatSection(section: Section, results: Results): string {
  return `${section.format(results)}\n\n${formatRuns(section, results)}`;
}

/** How many runs, how long they took, when and where. */
function formatRuns({ runs }: Section, results: Results): string {
  const done = runs.flatMap(({ id }) => results.get(id) ?? []);
  const minutes = done.reduce((sum, { processorSeconds }) => sum + processorSeconds, 0) / 60;
  const unique = (values: readonly string[]) => [...new Set(values)].sort();
  const dates = unique(done.map(({ date }) => date));
  const machines = unique(done.map(({ machine }) => machine));
  const share = done.length === runs.length ? `${runs.length} runs` : `${done.length} of ${runs.length} runs`;
  return [`${share}, ${minutes.toFixed(0)} minutes of one core`, ...dates, ...machines].join("; ").concat(".");
}
