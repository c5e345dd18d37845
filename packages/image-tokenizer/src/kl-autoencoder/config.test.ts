import { describe, expect, it } from "vitest";
import { downsamplingOf, klAutoencoderRecipes, resolveKlAutoencoderConfig } from "./config.ts";

describe("resolveKlAutoencoderConfig", () => {
  it("has complete recipes that survive JSON", () => {
    for (const make of Object.values(klAutoencoderRecipes)) {
      const config = make();
      expect(resolveKlAutoencoderConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
      expect(config.latentMean).toHaveLength(config.latentChannels);
    }
    const { debug, f4, f8 } = klAutoencoderRecipes;
    expect([debug, f4, f8].map((make) => downsamplingOf(make()))).toEqual([4, 4, 8]);
  });

  it.each([
    [{ normGroups: 5 }, "baseChannels (=8) * channelMultipliers[0] (=1) must be divisible by normGroups (=5)"],
    [{ latentStd: [1, 1] }, "latentStd has 2 entries; latentChannels (=4) needs one each"],
    [{ latentStd: [1, 0, 1, 1] }, "latentStd.1"],
    [{ channelMultipliers: [] }, "channelMultipliers"],
    [{ blocksPerLevel: 0 }, "blocksPerLevel"],
    [{ dropout: 0.1 }, "dropout"],
  ])("rejects %o", (change, message) => {
    expect(() => resolveKlAutoencoderConfig({ ...klAutoencoderRecipes.debug(), ...change })).toThrow(message);
  });
});
