/**
 * Many generations over shared steps: each `step` is one packed forward pass of every running request's next text tokens
 * and patches, with keys and values cached per request. What a request yields does not depend on what runs beside it.
 */
// R picked rows, P patches, F values of a patch, V vocab
import { tf } from "@interfuse/tensor";
import type { Document } from "../document.ts";
import { patchGrid } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import type { UnifiedModel } from "../unified-model.ts";
import { Branch, type BranchRows } from "./branch.ts";
import { type ComposedRow, composeRows } from "./compose.ts";
import type { SessionEvent } from "./events.ts";
import { type GenerationOptions, type ResolvedGenerationOptions, resolveGenerationOptions } from "./options.ts";
import { Request } from "./request.ts";
import { SegmentedCache } from "./segmented-cache.ts";

/** A request's part in a forward pass: indices of its branches in the composed row. */
interface Turn {
  readonly id: number;
  readonly request: Request;
  readonly branches: readonly number[];
}

/** What a forward pass gave, as host arrays. */
interface Outputs {
  /** [R, V], one row per turn that wants a token. */
  readonly logits_RV: Float32Array;
  /** [P, F], the patches of all branches that draw, in order. */
  readonly predictions_PF: Float32Array;
}

/** Many generations over shared steps; see the file's header. `add` a document, `step` until nothing runs, `remove` what nobody waits for. */
export class Session {
  readonly #model: UnifiedModel;
  readonly #cache: SegmentedCache;
  readonly #requests = new Map<number, Request>();
  #nextId = 0;
  #isStepping = false;

  /** The model stays the caller's. Dispose the session to free its cache. */
  constructor(model: UnifiedModel) {
    this.#model = model;
    this.#cache = new SegmentedCache(model);
  }

  /** Requests that have not ended or been removed. */
  get numRunning(): number {
    return this.#requests.size;
  }

  /** Whether a request has neither ended nor failed nor been removed. */
  has(id: number): boolean {
    return this.#requests.has(id);
  }

  /**
   * Starts to answer a document; its images are context and stand clean, whatever `hasLoss` says. Returns the id that tags
   * its events. The request frees itself with its `end` event.
   * @throws RangeError when an option is wrong, the document is, or it is longer than the model's context.
   */
  add(document: Document, options: GenerationOptions): number {
    const resolved = resolveGenerationOptions(options);
    this.#checkFirstToken(resolved);
    const guided = resolved.image?.guidance;
    const documents = guided === undefined || guided.scale === 1 ? [document] : [document, guided.document];
    const branches: Branch[] = [];
    try {
      for (const prompt of documents) {
        branches.push(this.#openBranch(prompt, resolved));
      }
      const { frame } = this.#model.config;
      const [conditional, unconditional] = branches as [Branch, Branch | undefined];
      const request = new Request({
        options: resolved,
        frame,
        objective: this.#model.objective,
        conditional,
        unconditional,
      });
      this.#requests.set(this.#nextId, request);
      return this.#nextId++;
    } catch (error) {
      for (const branch of branches) {
        this.#cache.free(branch.segment);
      }
      throw error;
    }
  }

  /** Ends a request without an `end` event and frees its slots; nothing happens when it has ended already. */
  remove(id: number): void {
    const request = this.#requests.get(id);
    if (request !== undefined) {
      this.#requests.delete(id);
      this.#cache.free(request.conditional.segment);
      if (request.unconditional !== undefined) {
        this.#cache.free(request.unconditional.segment);
      }
    }
  }

  /**
   * Runs one forward pass and returns the events it led to, those of one request in order. Requests may be added and
   * removed while it is awaited.
   * @throws Error when a step is still being awaited; RangeError when a request's numbers are not finite: that request is
   * removed, the others go on.
   */
  async step(): Promise<SessionEvent[]> {
    if (this.#isStepping) {
      throw new Error("Session.step: the last step is still running; await it first");
    }
    this.#isStepping = true;
    try {
      const running = [...this.#requests].filter(([, request]) => !request.isEnded);
      if (running.length > 0) {
        const { turns, rows } = takeTurns(running);
        this.#distribute(turns, await this.#forward(turns, rows));
      }
      return this.#collectEvents();
    } finally {
      this.#isStepping = false;
    }
  }

  /** Frees everything; running requests get no further events. */
  dispose(): void {
    this.#requests.clear();
    this.#cache.dispose();
  }

  /** An id without a row in the embedding table would fail the pass of every request. */
  #checkFirstToken({ firstTokenId = 0 }: ResolvedGenerationOptions): void {
    const { vocabSize, frame } = this.#model.config;
    if (firstTokenId >= vocabSize || firstTokenId === frame.eoi) {
      throw new RangeError(
        `generate: firstTokenId (=${firstTokenId}) must lie below vocabSize (=${vocabSize}) and not be EOI (=${frame.eoi}), which only ends images`,
      );
    }
  }

  /** A branch in a segment of its own, large enough for all that the options allow and the context holds. */
  #openBranch(document: Document, { maxTokens, image }: ResolvedGenerationOptions): Branch {
    const { contextLength, frame, positionKind } = this.#model.config;
    const { objective } = this.#model;
    const layout = this.#model.layout([asContext(document)], { multipleOf: 1 });
    if (layout.length > contextLength) {
      throw new RangeError(
        `generate: the document has ${layout.length} tokens, contextLength is ${contextLength}; shorten the prompt or drop earlier images`,
      );
    }
    const perImage = image === undefined ? 0 : patchGrid(image.height, image.width, objective.patchSize).numTokens + 2;
    const wanted = layout.length + maxTokens + perImage * (image?.maxCount ?? 0);
    const branch = new Branch(this.#cache.allocate(Math.min(wanted, contextLength)), { frame, positionKind });
    branch.prompt(
      layout,
      layout.images.map((entry) => objective.cleanPatches(entry)),
    );
    return branch;
  }

  async #forward(turns: readonly Turn[], rows: readonly BranchRows[]): Promise<Outputs> {
    const tensors = tf.tidy(() => {
      const composed = composeRows(rows);
      const { row, slots } = composed;
      const { logitRows, patchRows, drawn } = rowsToRead(turns, composed);
      const { hidden_LD, carry } = this.#model.run(row, { cache: this.#cache.buffers, slots });
      const pick = (rows: number[], read: (hidden_RD: tf.Tensor2D) => tf.Tensor2D) =>
        rows.length === 0 ? tf.tensor1d([]) : read(gatherRows(hidden_LD, Int32Array.from(rows)));
      return [
        pick(logitRows, (hidden_RD) => this.#model.logits(hidden_RD)),
        pick(patchRows, (hidden_PD) => this.#model.objective.read(hidden_PD, carry, drawn)),
      ];
    });
    try {
      const [logits_RV, predictions_PF] = await Promise.all(tensors.map((tensor) => tensor.data<"float32">()));
      return { logits_RV: logits_RV!, predictions_PF: predictions_PF! };
    } finally {
      tf.dispose(tensors);
    }
  }

  /** Hands each request its part of the outputs; one that fails is removed, and its error thrown once all are served. */
  #distribute(turns: readonly Turn[], { logits_RV, predictions_PF }: Outputs): void {
    const { vocabSize } = this.#model.config;
    const { patchSize, latentChannels } = this.#model.objective;
    const errors: unknown[] = [];
    let logit = 0;
    let feature = 0;
    for (const { id, request, branches } of turns) {
      const numFeatures = request.numPatches * patchSize ** 2 * latentChannels;
      const logits = request.numPatches === 0 ? logits_RV.subarray(logit, (logit += vocabSize)) : undefined;
      const predictions = branches.map(() => predictions_PF.subarray(feature, (feature += numFeatures)));
      if (this.#requests.get(id) !== request) {
        continue; // removed while the step was awaited
      }
      try {
        if (logits === undefined) {
          request.takePredictions(predictions[0]!, predictions[1]);
        } else {
          request.takeLogits(logits);
        }
      } catch (error) {
        errors.push(error);
        this.remove(id);
      }
    }
    if (errors.length > 0) {
      throw errors[0];
    }
  }

  #collectEvents(): SessionEvent[] {
    const events: SessionEvent[] = [];
    for (const [id, request] of this.#requests) {
      events.push(...request.collectEvents().map((event) => ({ id, event })));
      if (request.isEnded) {
        this.remove(id);
      }
    }
    return events;
  }
}

/** The document as a prompt: nothing in it has a loss, so its images stand clean. */
function asContext(document: Document): Document {
  const parts = document.parts.map((part) =>
    part.kind === "image" ? { ...part, hasLoss: false } : { kind: part.kind, tokenIds: part.tokenIds },
  );
  return { parts };
}

/** The rows that wait in every running request's branches, and whose they are. */
function takeTurns(running: readonly [number, Request][]): { turns: Turn[]; rows: BranchRows[] } {
  const turns: Turn[] = [];
  const rows: BranchRows[] = [];
  for (const [id, request] of running) {
    const flushed = request.branchesToRun().map((branch) => branch.flush());
    turns.push({ id, request, branches: flushed.map((_, index) => rows.length + index) });
    rows.push(...flushed);
  }
  return { turns, rows };
}

/** Rows of the forward pass from which logits and patches are read, and the images that the patches belong to. */
function rowsToRead(turns: readonly Turn[], { ends, lastImages }: ComposedRow) {
  const logitRows: number[] = [];
  const patchRows: number[] = [];
  const drawn: number[] = [];
  for (const { request, branches } of turns) {
    for (const branch of branches) {
      const end = ends[branch]!;
      if (request.numPatches === 0) {
        logitRows.push(end - 1);
      } else {
        drawn.push(lastImages[branch]!);
      }
      for (let patch = request.numPatches; patch > 0; patch--) {
        patchRows.push(end - patch);
      }
    }
  }
  return { logitRows, patchRows, drawn };
}
