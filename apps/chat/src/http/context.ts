/** What every route needs. */
import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import type { ImageStore } from "../answers/image-store.ts";
import type { RunningAnswers } from "../answers/running-answers.ts";
import type { Engine } from "../engine/engine.ts";
import type { ResolvedServerOptions } from "../server/options.ts";
import type { BodyShare } from "./body-memory.ts";
import type { Metrics } from "./metrics.ts";
import type { SharedFile } from "./model-files.ts";

/** The parts of a running server. */
export type ServerContext = {
  readonly engine: Engine;
  readonly answers: RunningAnswers;
  readonly images: ImageStore;
  readonly metrics: Metrics;
  readonly options: ResolvedServerOptions;
  /** Files of models that anyone who may ask may also have; see `model-files.ts`. */
  readonly sharedFiles: ReadonlyMap<string, SharedFile>;
};

/** Types of hono's context: what middleware has found out about a request. */
export type Env = {
  readonly Bindings: HttpBindings;
  readonly Variables: {
    readonly requestId: string;
    /** Whose limits apply: the key's name, or the address. */
    readonly owner: string;
    /** The memory of its body, where it may have one. */
    readonly bodyShare: BodyShare;
  };
};

export type RequestContext = Context<Env>;
