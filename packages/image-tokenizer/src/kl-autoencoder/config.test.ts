import { describe, expect, it } from "vitest";
import { downsamplingOf } from "../convolutional/sizes.ts";
import { type KlAutoencoderConfigInput, klAutoencoderRecipes, resolveKlAutoencoderConfig } from "./config.ts";

describe("resolveKlAutoencoderConfig", () => {
  it("has complete recipes that survive JSON", () => {
    for (const make of Object.values(klAutoencoderRecipes)) {
      const config = make();
      expect(resolveKlAutoencoderConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
      expect(config.latentMean).toHaveLength(config.latentChannels);
    }
    const { debug, f4, f8, f16, f16dc } = klAutoencoderRecipes;
    expect([debug, f4, f8, f16, f16dc].map((make) => downsamplingOf(make()))).toEqual([4, 4, 8, 16, 16]);
  });

  it.each([
    [{ normGroups: 5 }, "baseChannels (=8) * channelMultipliers[0] (=1) must be divisible by normGroups (=5)"],
    [{ latentStd: [1, 1] }, "latentStd has 2 entries; latentChannels (=4) needs one each"],
    [{ latentStd: [1, 0, 1, 1] }, "latentStd.1"],
    [{ channelMultipliers: [] }, "channelMultipliers"],
    [{ blocksPerLevel: 0 }, "blocksPerLevel"],
    [{ dropout: 0.1 }, "dropout"],
    [{ resampling: "bilinear" }, "resampling"],
    [
      { resampling: "shuffle", baseChannels: 2, normGroups: 2, channelMultipliers: [1, 3] },
      'baseChannels (=2) * channelMultipliers[1] (=3) must be divisible by 4 for resampling "shuffle"',
    ],
    [
      { resampling: "shuffle-residual", channelMultipliers: [1, 3] },
      "channelMultipliers[0] (=1) and baseChannels (=8) * channelMultipliers[1] (=3) must divide 4 times each other",
    ],
    [
      { resampling: "shuffle-residual", latentChannels: 3 },
      "channelMultipliers[2] (=2) must be divisible by latentChannels (=3)",
    ],
  ])("rejects %o", (change, message) => {
    expect(() =>
      resolveKlAutoencoderConfig({ ...klAutoencoderRecipes.debug(), ...change } as KlAutoencoderConfigInput),
    ).toThrow(message);
  });
});
