import { withoutTape } from "./tape.ts";

/**
 * Runs `f` so that what it computes counts as a constant: nothing is recorded, and no gradient flows back through it.
 * `withoutGradients(() => x.clone())` is PyTorch's `x.detach()`.
 */
export function withoutGradients<T>(f: () => T): T {
  return withoutTape(f);
}
