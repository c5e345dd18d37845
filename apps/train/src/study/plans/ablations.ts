/** What each technique changes: runs that differ in one setting, of the same random seeds. */
import type { DataName, Section } from "../study.ts";
import { type Comparison, type Effect, effectsTable, fixed, percent } from "../tables.ts";
import { RFID } from "./columns.ts";
import { featuresRun, type Method, method } from "./tokenizer-runs.ts";

const psnr = (hoped: string): Effect => ({ figure: "psnr", title: "PSNR, dB", format: fixed(2), hoped });
const usage = (hoped: string): Effect => ({ figure: "usage", title: "usage", format: percent, hoped });
const sharpness: Effect = {
  figure: "sharpness",
  title: "sharpness (1 is right)",
  format: fixed(3),
  hoped: "nearer to 1",
};
const perceptual = (hoped: string): Effect => ({
  figure: "perceptual",
  title: "perceptual",
  format: fixed(4),
  isRelative: true,
  hoped,
});
const rfid: Effect = { ...RFID, isRelative: true, hoped: "lower" };
const probe = (hoped: string): Effect => ({ figure: "probe", title: "linear probe", format: percent, hoped });

/** Lower high frequencies and errors of equivariance, at little cost. */
const shaping: readonly Effect[] = [
  { figure: "highFrequency", title: "high-frequency ratio", format: fixed(4), isRelative: true, hoped: "-30%" },
  { figure: "pooledHighFrequency", title: "the same, blocks by energy", format: fixed(4), isRelative: true, hoped: "" },
  { figure: "scaleError", title: "error when shrunken", format: fixed(3), isRelative: true, hoped: "-30%" },
  { figure: "rotationError", title: "error when turned", format: fixed(3), isRelative: true, hoped: "-30%" },
  psnr("-0.5 at most"),
];

/** The plain runs that changes are compared with. */
export type Plain = { readonly kl: Method; readonly vq: Method };

/** KL with latents shaped in three ways, which models learn from, too. */
export function shapedMethods(overrides: readonly string[], numSeeds: number): Method[] {
  const shaped = (label: string, name: string, loss: string) =>
    method(label, { name, recipe: "small-f4", overrides: [...overrides, `loss.${loss}={}`], numSeeds });
  return [
    shaped("scale equivariance", "small-f4-se", "scaleEquivariance"),
    shaped("EQ-VAE", "small-f4-eq", "eqVae"),
    shaped("equivariance both ways", "small-f4-equivariance", "equivariance"),
  ];
}

/** The table of changes. `overrides` are those of the plain runs, `emoji` those of the runs at f16. */
export function ablationsSection(
  plain: Plain,
  shaped: readonly Method[],
  { overrides, emoji, numSeeds }: { overrides: readonly string[]; emoji: readonly string[]; numSeeds: number },
): Section {
  const variant = (recipe: string, suffix: string, ...settings: readonly string[]) =>
    method(suffix, { name: `${recipe}-${suffix}`, recipe, overrides: [...overrides, ...settings], numSeeds });
  const onEmoji = (recipe: string, suffix = "", settings: readonly string[] = []) =>
    method(suffix, {
      ...{ name: `emoji-${recipe}${suffix}`, recipe, data: "emoji" as DataName },
      ...{ overrides: [...emoji, ...settings], numSeeds },
    });
  const f16 = onEmoji("small-f16");
  const adversary = (kind: string) => `loss.adversary={"kind":"${kind}","startStep":${ADVERSARY_START}}`;
  const changes: readonly Change[] = [
    ["dead codes revived", variant("small-vq", "unrevived", UNREVIVED), plain.vq, [usage("higher"), psnr("higher")]],
    [
      "the same, codebook by gradient",
      variant("small-vq", "gradient-unrevived", BY_GRADIENT, UNREVIVED),
      variant("small-vq", "gradient", BY_GRADIENT),
      [usage("higher"), psnr("higher")],
    ],
    [
      "rotation trick for straight-through",
      variant("small-vq", "straight", "autoencoder.quantizer.estimator=straight-through"),
      plain.vq,
      [psnr("higher"), usage("higher")],
    ],
    ...shaped.map((one): Change => [one.label, plain.kl, one, shaping]),
    [
      "alignment to a frozen encoder (VF)",
      plain.kl,
      variant("small-f4", "vf", "loss.visionAlignment={}"),
      [probe("higher"), psnr("")],
    ],
    [
      "perceptual loss",
      plain.kl,
      variant("small-f4", "perceptual", "loss.perceptual={}"),
      [perceptual("lower"), psnr("")],
    ],
    [
      "DC-AE's shortcuts, f16, emoji",
      onEmoji("small-f16", "-shuffle", ["autoencoder.resampling=shuffle"]),
      onEmoji("small-f16-dc"),
      [psnr("+1"), perceptual("lower")],
    ],
    [
      "hinge adversary, f16, emoji",
      f16,
      onEmoji("small-f16", "-hinge", [adversary("hinge")]),
      [sharpness, rfid, psnr("")],
    ],
    ["R3GAN, f16, emoji", f16, onEmoji("small-f16", "-r3gan", [adversary("r3gan")]), [sharpness, rfid, psnr("")]],
  ];
  const comparisons = changes.map(
    ([label, without, changed, effects]): Comparison => ({
      label,
      without: without.runs.map(({ id }) => id),
      with: changed.runs.map(({ id }) => id),
      effects,
    }),
  );
  return {
    name: "ablations",
    runs: [
      featuresRun("scenes", 400),
      featuresRun("emoji", 200),
      ...changes.flatMap(([, without, changed]) => [...without.runs, ...changed.runs]),
    ],
    format: (results) => effectsTable(comparisons, results),
  };
}

/** What, the runs without it, the runs with it, the figures that it moves. */
type Change = readonly [label: string, without: Method, changed: Method, effects: readonly Effect[]];

const UNREVIVED = "autoencoder.quantizer.revivalThreshold=0";
const BY_GRADIENT = "autoencoder.quantizer.learning=gradient";

/** Reconstructions settle before an adversary judges them. */
const ADVERSARY_START = 100;
