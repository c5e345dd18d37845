/** What is needed to free a tensor that nobody disposed. */
export interface Watched {
  /** The key under which the program knows the tensor; once collected, nobody can reach the tensor. */
  readonly dataId: object;
  readonly handle: number;
  refCount: number;
  /** Set by `ForgottenTensors`. */
  isRegistered: boolean;
}

/** How many tensors are made before those that still live are looked at. */
const YOUNG = 1024;

/**
 * Frees the slots of tensors whose data id was garbage collected before it was disposed.
 *
 * Registering each with a `FinalizationRegistry` would cost more than a small kernel, and most are disposed within
 * microseconds. So they wait in a list first, and only those that outlive the next turn of the event loop, or the next
 * thousand, are registered.
 */
export class ForgottenTensors {
  private readonly registry: FinalizationRegistry<number>;
  private young: Watched[] = [];
  private isActive = true;

  /** @param free frees a slot */
  constructor(free: (handle: number) => void) {
    this.registry = new FinalizationRegistry((handle) => {
      if (this.isActive) free(handle);
    });
  }

  /** Call when all slots are freed at once: others will use their numbers. */
  stop(): void {
    this.isActive = false;
  }

  /** Call for every new tensor. */
  watch(tensor: Watched): void {
    const count = this.young.push(tensor);
    if (count === 1) setImmediate(() => this.register()).unref();
    else if (count === YOUNG) this.register();
  }

  /** Call before a tensor's slot is freed. */
  unwatch(tensor: Watched): void {
    if (tensor.isRegistered) this.registry.unregister(tensor);
  }

  private register(): void {
    const survivors = this.young.filter(({ refCount }) => refCount > 0);
    this.young = [];
    for (const tensor of survivors) {
      tensor.isRegistered = true;
      this.registry.register(tensor.dataId, tensor.handle, tensor);
    }
  }
}
