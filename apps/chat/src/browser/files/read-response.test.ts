import { describe, expect, it } from "vitest";
import { readResponse } from "./read-response.ts";

const pieces = (...lengths: number[]) =>
  new ReadableStream({
    start(controller) {
      for (const length of lengths) controller.enqueue(new Uint8Array(length).fill(length));
      controller.close();
    },
  });

describe("readResponse", () => {
  it("joins the pieces and tells how far it is", async () => {
    const told: [number, number][] = [];
    const response = new Response(pieces(2, 3), { headers: { "content-length": "5" } });
    expect([...(await readResponse(response, (loaded, size) => told.push([loaded, size])))]).toEqual([2, 2, 3, 3, 3]);
    expect(told).toEqual([
      [2, 5],
      [5, 5],
      [5, 5],
    ]);
  });

  it("takes what comes where the length is not known, or that of something else", async () => {
    expect(await readResponse(new Response(pieces(4)), () => undefined)).toHaveLength(4);
    const headers = { "content-length": "2", "content-encoding": "gzip" };
    expect(await readResponse(new Response(pieces(4), { headers }), () => undefined)).toHaveLength(4);
    expect(await readResponse(new Response(null), () => undefined)).toHaveLength(0);
  });

  it("refuses a body that broke off", async () => {
    const response = new Response(pieces(2), { headers: { "content-length": "5" } });
    await expect(readResponse(response, () => undefined)).rejects.toThrow(/ended after 2 of 5 bytes/);
  });
});
