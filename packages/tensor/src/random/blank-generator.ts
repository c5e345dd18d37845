import { Generator } from "./generator.ts";

/** Gives zeros: for parameters that are about to be overwritten, whose random values would only cost time. */
export class BlankGenerator extends Generator {
  constructor() {
    super(0);
  }

  override fork(): Generator {
    return this;
  }

  override normalArray(n: number): Float32Array {
    return new Float32Array(n);
  }

  override uniformArray(n: number): Float32Array {
    return new Float32Array(n);
  }
}
