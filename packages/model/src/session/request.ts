/**
 * One running generation: text token by token, and images step by step when the model (or the caller) says BOI. It knows
 * no tensors: it says which branches to run, and takes logits and predictions as arrays.
 */
import type { Generator } from "@interfuse/tensor";
import type { FrameTokens } from "../layout/layout.ts";
import { type PatchGrid, patchGrid } from "../layout/patch-grid.ts";
import type { Drawing, ImageObjective } from "../objectives/image-objective.ts";
import type { Branch } from "./branch.ts";
import type { GenerationEvent } from "./events.ts";
import type { ResolvedGenerationOptions } from "./options.ts";
import { sampleToken } from "./sample-token.ts";

/** What a request needs of its session. */
export interface RequestParts {
  readonly options: ResolvedGenerationOptions;
  readonly frame: Required<FrameTokens>;
  readonly objective: ImageObjective;
  readonly conditional: Branch;
  /** Only under guidance. */
  readonly unconditional: Branch | undefined;
}

/** One running generation; see the file's header. */
export class Request {
  readonly conditional: Branch;
  readonly unconditional: Branch | undefined;
  readonly #options: ResolvedGenerationOptions;
  readonly #frame: Required<FrameTokens>;
  readonly #objective: ImageObjective;
  readonly #grid: PatchGrid | undefined;
  readonly #textGenerator: Generator;
  #drawing: Drawing | undefined;
  #numTokens = 0;
  #numImages = 0;
  #isEnded = false;
  #outbox: GenerationEvent[] = [];

  /** @throws RangeError when the first token cannot be had. */
  constructor({ options, frame, objective, conditional, unconditional }: RequestParts) {
    this.conditional = conditional;
    this.unconditional = unconditional;
    this.#options = options;
    this.#frame = frame;
    this.#objective = objective;
    this.#grid = options.image && patchGrid(options.image.height, options.image.width, objective.patchSize);
    this.#textGenerator = options.generator.fork("text");
    if (options.firstTokenId === undefined) {
      this.#endWithoutRoom();
    } else if (options.firstTokenId === frame.boi && !this.#canDraw()) {
      throw new RangeError(
        `generate: firstTokenId (=${frame.boi}) is BOI, but ${options.image === undefined ? "image options are missing" : "the context has no room for an image"}`,
      );
    } else {
      this.#accept(options.firstTokenId);
    }
  }

  /** Nothing more will be run; the last event is `end`. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Patches of the image being drawn, or 0 while the next token is wanted. */
  get numPatches(): number {
    return this.#drawing === undefined ? 0 : this.#grid!.numTokens;
  }

  /** The branches to run now. Text needs the conditional one only; the other catches up when an image starts. */
  branchesToRun(): Branch[] {
    const { conditional, unconditional } = this;
    return this.#drawing === undefined || unconditional === undefined ? [conditional] : [conditional, unconditional];
  }

  /** Takes next-token logits [V]. */
  takeLogits(logits: Float32Array): void {
    const { temperature, topP, forbiddenTokenIds = [] } = this.#options;
    const forbidden = new Set([...forbiddenTokenIds, this.#frame.eoi, ...(this.#canDraw() ? [] : [this.#frame.boi])]);
    this.#accept(sampleToken(logits, { temperature, topP, forbidden }, this.#textGenerator));
  }

  /** Takes the predictions for the patches of the image being drawn, one per branch that was run. */
  takePredictions(conditional_PF: Float32Array, unconditional_PF: Float32Array | undefined): void {
    const drawing = this.#drawing!;
    const stepsBefore = drawing.stepsDone;
    drawing.take(conditional_PF, unconditional_PF);
    if (drawing.stepsDone > stepsBefore) {
      const { stepsDone: step, numSteps } = drawing;
      this.#outbox.push({ type: "image-preview", step, numSteps, latents: drawing.latents() });
    }
    if (drawing.next() === undefined) {
      this.#finishImage(drawing);
    } else {
      this.#enterPatches(drawing);
    }
  }

  /** The events since the last call. */
  collectEvents(): GenerationEvent[] {
    const events = this.#outbox;
    this.#outbox = [];
    return events;
  }

  #accept(tokenId: number): void {
    if (tokenId === this.#frame.eos) {
      this.#end("eos");
    } else if (tokenId === this.#frame.boi) {
      this.#startImage();
    } else {
      this.#numTokens++;
      this.#outbox.push({ type: "text", tokenId });
      this.#endWithoutRoom();
      if (!this.#isEnded) {
        for (const branch of this.#branches()) {
          branch.token(tokenId);
        }
      }
    }
  }

  #startImage(): void {
    const { height, width, numSteps, solver, guidance } = this.#options.image!;
    const options = { height, width, numSteps, solver, guidanceScale: guidance?.scale ?? 1 };
    this.#drawing = this.#objective.begin(options, this.#options.generator.fork("image").fork(this.#numImages));
    this.#outbox.push({ type: "image-start", height, width });
    for (const branch of this.#branches()) {
      branch.openImage(this.#grid!);
    }
    this.#enterPatches(this.#drawing);
  }

  #enterPatches(drawing: Drawing): void {
    const { patches_PF, timestep } = drawing.next()!;
    for (const branch of this.#branches()) {
      branch.patches(patches_PF, timestep);
    }
  }

  #finishImage(drawing: Drawing): void {
    const { height, width } = this.#options.image!;
    this.#outbox.push({ type: "image-end", latents: drawing.latents(), height, width });
    this.#numImages++;
    this.#drawing = undefined;
    for (const branch of this.#branches()) {
      branch.closeImage(drawing.cleanPatches());
    }
    this.#endWithoutRoom();
  }

  #canDraw(): boolean {
    const { image } = this.#options;
    const needed = (this.#grid?.numTokens ?? 0) + 2;
    return image !== undefined && this.#numImages < image.maxCount && this.#branches().every((b) => b.room >= needed);
  }

  #endWithoutRoom(): void {
    if (this.#numTokens >= this.#options.maxTokens || this.#branches().some((branch) => branch.room === 0)) {
      this.#end("length");
    }
  }

  #end(reason: "eos" | "length"): void {
    this.#isEnded = true;
    this.#outbox.push({ type: "end", reason });
  }

  #branches(): Branch[] {
    return this.unconditional === undefined ? [this.conditional] : [this.conditional, this.unconditional];
  }
}
