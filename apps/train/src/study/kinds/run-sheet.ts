import { contactSheet, writeFileAtomically } from "@interfuse/data";
import type { Picture } from "@interfuse/image-tokenizer";
import { readImageTokenizer } from "../../image-tokenizer/image-tokenizer-folder.ts";
import { pooledPsnr } from "../../image-tokenizer/pooled-psnr.ts";
import { reconstruct } from "../../image-tokenizer/reconstruction.ts";
import type { RunContext } from "../run-one.ts";
import type { Run, SheetRun } from "../study.ts";
import { heldOutPictures } from "../study-data.ts";
import { studyPaths } from "../study-folder.ts";

/** Pictures on the sheet, spread over the held-out ones, and the side they are shown at. */
const NUM_SHOWN = 8;
const CELL_SIZE = 96;

/** Writes `sheet.png`: originals, and a row of reconstructions for each tokenizer. No figures. */
export async function runSheet(run: Run & SheetRun, { folder }: RunContext): Promise<Record<string, number>> {
  const all = await heldOutPictures(folder, run.data);
  const pictures = Array.from(
    { length: Math.min(NUM_SHOWN, all.length) },
    (_, index) => all[Math.floor((index * all.length) / NUM_SHOWN)] as Picture,
  );
  const items = pictures.map((picture) => ({ picture, caption: "original" }));
  for (const { label, run: id } of run.rows) {
    const tokenizer = await readImageTokenizer(studyPaths(folder).run(id));
    const results = await reconstruct(tokenizer, pictures);
    tokenizer.dispose();
    items.push(
      ...results.map((picture, index) => ({
        picture,
        caption: `${label}, ${pooledPsnr([pictures[index] as Picture], [picture]).toFixed(1)} dB`,
      })),
    );
  }
  const sheet = await contactSheet(items, { columns: pictures.length, cellSize: CELL_SIZE, title: run.title });
  await writeFileAtomically(studyPaths(folder).sheet(run.id), sheet);
  return {};
}
