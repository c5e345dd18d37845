/** A loss or gradient became NaN or infinite; the update of `step` must not be used. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  readonly step: number;

  constructor(problem: { step: number; what: string; values: Readonly<Record<string, number>>; remedy: string }) {
    const values = Object.entries(problem.values)
      .map(([name, value]) => `${name}=${value}`)
      .join(", ");
    super(
      `Trainer: the ${problem.what} of step ${problem.step} is not finite (${values}); lower the learning rate, lengthen the warm-up or clip gradients. ${problem.remedy}`,
    );
    this.step = problem.step;
  }
}
