import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeCaches, PAGE } from "../testing/fake-caches.ts";
import { forgetModel, KeptFiles, keptModel, listKeptModels, ModelKeeper } from "./kept-models.ts";

const ABOUT = { name: "demo", numBytes: 2 };
let caches: FakeCaches;
beforeEach(() => {
  caches = new FakeCaches();
  vi.stubGlobal("caches", caches);
  vi.stubGlobal("location", new URL(PAGE));
});
afterEach(() => void vi.unstubAllGlobals());

async function keep(content: number, id = "demo-1"): Promise<ModelKeeper> {
  const keeper = new ModelKeeper(id);
  await keeper.write("config.json", Uint8Array.of(content));
  await keeper.write("model.safetensors", Uint8Array.of(content));
  return keeper;
}

it("lists a model once it is whole, reads it, and forgets it alone", async () => {
  const keeper = await keep(1);
  expect(await listKeptModels()).toEqual([]);
  await keeper.finish(ABOUT);
  await (await keep(3, "demo-2")).finish(ABOUT);
  const files = new KeptFiles(await keptModel("demo-1"));
  expect([await files.read("config.json"), await files.exists("other")]).toEqual([Uint8Array.of(1), false]);
  await forgetModel("demo-1");
  expect((await listKeptModels()).map(({ id }) => id)).toEqual(["demo-2"]);
});

it("does not list a model of which only a part was written anew", async () => {
  await (await keep(1)).finish(ABOUT);
  await new ModelKeeper("demo-1").write("config.json", Uint8Array.of(2));
  expect(await listKeptModels()).toEqual([]);
});

it("says that there is no room, and keeps no part", async () => {
  caches.room = 1;
  const keeper = await keep(1);
  await keeper.finish(ABOUT);
  expect([keeper.failure, caches.urls]).toEqual([expect.stringMatching(/no room/), []]);
});
