import { describe, expect, it } from "vitest";
import { StopFilter } from "./stop-filter.ts";

/** What is shown piece by piece, the held rest last. */
function run(stops: readonly string[], pieces: readonly string[]): { shown: string[]; isStopped: boolean } {
  const filter = new StopFilter(stops);
  const shown = [...pieces.map((piece) => filter.push(piece)), filter.end()];
  return { shown, isStopped: filter.isStopped };
}

describe("StopFilter", () => {
  it("shows all when nothing stops it", () => {
    expect(run([], ["a", "b"])).toEqual({ shown: ["a", "b", ""], isStopped: false });
    expect(run([""], ["a"])).toEqual({ shown: ["a", ""], isStopped: false });
  });

  it("holds back what may begin a stop text, and shows it when it does not", () => {
    expect(run(["END"], ["aE", "N", "d"])).toEqual({ shown: ["a", "", "ENd", ""], isStopped: false });
    expect(run(["END"], ["aEN"])).toEqual({ shown: ["a", "EN"], isStopped: false });
    expect(run(["aab"], ["aa", "ab"])).toEqual({ shown: ["", "a", ""], isStopped: true });
  });

  it("ends before the first stop text, however it is cut", () => {
    expect(run(["END", "."], ["a", "bE", "ND", "c"])).toEqual({ shown: ["a", "b", "", "", ""], isStopped: true });
    expect(run(["END", "b"], ["abEND"])).toEqual({ shown: ["a", ""], isStopped: true });
  });
});
