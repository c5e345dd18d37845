/**
 * Quantile of the standard normal distribution by Newton's method on its own density, from a logistic start. It lets a
 * stratified uniform number become a stratified normal one, which Box–Muller cannot do.
 */

const SMALLEST = 2 ** -33;
const SQRT_2_PI = Math.sqrt(2 * Math.PI);

/** The x with `P(normal < x) = p`, within 1e-6. p of 0 or 1 is taken as the outermost value a 32-bit draw can stand for, about -/+6.3. */
export function normalQuantile(p: number): number {
  const lower = Math.max(Math.min(p, 1 - p), SMALLEST);
  // Solve in the lower tail, where the distribution function loses no digits: Newton on ln P, which is concave.
  let x = Math.log(lower / (1 - lower)) / 1.702;
  for (let i = 0; i < 20; i++) {
    const probability = lowerTail(x);
    const density = Math.exp((-x * x) / 2) / SQRT_2_PI;
    const change = (Math.log(probability / lower) * probability) / density;
    x -= change;
    if (Math.abs(change) < 1e-9) break;
  }
  return p <= 0.5 ? x : -x;
}

/** `P(normal < x)` for x <= 0: a power series near 0, a continued fraction far out (Abramowitz and Stegun 26.2.10, 26.2.14). */
function lowerTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / SQRT_2_PI;
  if (x < -3) {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / (-x + fraction);
    return density / (-x + fraction);
  }
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + density * sum;
}
