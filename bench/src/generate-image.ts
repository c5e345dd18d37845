/**
 * One image of 64 patches, 25 guided Euler steps over cached prompts, against the same model in PyTorch with a key/value
 * cache, run in turn: medians after at least five seconds of warm-up.
 */
import { generate, UnifiedModel } from "@interfuse/model";
import { type DeviceName, Generator, type Precision, useBackend } from "@interfuse/tensor";
import { Peer } from "./peer.ts";
import { median } from "./statistics.ts";
import { modelConfig, shapeOf, WORKLOAD } from "./workload.ts";

const WARM_UP_SECONDS = 5;
const NUM_STEPS = 25;
const GUIDANCE_SCALE = 3;
const BOI = 1;

/** What to measure; `size` is one of `workload.ts`. */
export interface GenerateImageOptions {
  readonly size: string;
  readonly precision: Precision;
  readonly device: DeviceName;
  readonly threads: number;
  readonly rounds: number;
}

/** Measures one size at one precision. */
export async function benchGenerateImage({ size, precision, device, threads, rounds }: GenerateImageOptions) {
  const shape = shapeOf(size);
  await useBackend({ backend: "torch", device, precision, threads });
  const model = new UnifiedModel(modelConfig(shape), new Generator(1, "weights"));
  const prompt = (first: number) => ({
    parts: [{ kind: "text", tokenIds: Array.from({ length: WORKLOAD.textBefore }, (_, i) => first + i) } as const],
  });
  let seed = 0;
  const draw = async () => {
    const start = performance.now();
    const events = generate(model, prompt(10), {
      generator: new Generator(seed++, "bench"),
      firstTokenId: BOI,
      maxTokens: 0,
      image: {
        height: WORKLOAD.gridSize,
        width: WORKLOAD.gridSize,
        numSteps: NUM_STEPS,
        solver: "euler",
        guidance: { scale: GUIDANCE_SCALE, document: prompt(100) },
      },
    });
    for await (const _ of events);
    return performance.now() - start;
  };
  const peer = new Peer("generate_image", {
    ...shape,
    precision,
    device,
    threads,
    numSteps: NUM_STEPS,
    guidance: GUIDANCE_SCALE,
  });
  try {
    await peer.ask({ warmUpSeconds: WARM_UP_SECONDS });
    for (const start = performance.now(); performance.now() - start < WARM_UP_SECONDS * 1000; ) await draw();
    const own: number[] = [];
    const others: number[] = [];
    for (let round = 0; round < rounds; round++) {
      own.push(await draw());
      others.push((await peer.ask<{ milliseconds: number }>({ draw: true })).milliseconds);
    }
    const { version } = await peer.ask<{ version: string }>({ version: true });
    return {
      bench: "generate-image",
      parameters: model.numParameters(),
      precision,
      msPerImage: median(own),
      peer: `PyTorch ${version} eager`,
      peerMsPerImage: median(others),
      ratio: median(others) / median(own),
    };
  } finally {
    peer.close();
    model.dispose();
  }
}
