import { describe, expect, it } from "vitest";
import { Replay } from "./replay.ts";

async function read<Item>(replay: Replay<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of replay) items.push(item);
  return items;
}

describe("Replay", () => {
  it("shows everyone everything, early or late", async () => {
    const replay = new Replay<number>();
    const early = read(replay);
    replay.push(1);
    await Promise.resolve();
    const middle = read(replay);
    replay.push(2);
    replay.end();
    replay.push(3);
    expect(await Promise.all([early, middle, read(replay)])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });
});
