/** The quantile function of the standard normal distribution: algorithm AS 241, PPND16 (Wichura, Applied Statistics 37, 1988). */

/** Up to this far from the median, one rational function of the distance serves. */
const CENTRAL = 0.425;
/** The smallest probability that a 32-bit draw stands for. */
const SMALLEST = 2 ** -33;

/** The x with `P(normal < x) = p`, to 1e-15. p beyond what a 32-bit draw can stand for, as 0 and 1 are, gives the outermost, about -/+6.3. */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= CENTRAL)
    return (q * centralAbove(CENTRAL * CENTRAL - q * q)) / centralBelow(CENTRAL * CENTRAL - q * q);
  const tail = Math.max(Math.min(p, 1 - p), SMALLEST);
  const r = Math.sqrt(-Math.log(tail)) - 1.6;
  const x = tailAbove(r) / tailBelow(r);
  return q < 0 ? -x : x;
}

function centralAbove(r: number): number {
  const high = ((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987;
  return (((high * r + 13731.693765509461) * r + 1971.5909503065513) * r + 133.14166789178438) * r + 3.3871328727963665;
}

function centralBelow(r: number): number {
  const high = ((5226.495278852854 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597;
  return (((high * r + 5394.196021424751) * r + 687.1870074920579) * r + 42.31333070160091) * r + 1;
}

function tailAbove(r: number): number {
  const high = ((7.745450142783414e-4 * r + 0.022723844989269184) * r + 0.2417807251774506) * r + 1.2704582524523684;
  return (((high * r + 3.6478483247632045) * r + 5.769497221460691) * r + 4.630337846156546) * r + 1.4234371107496835;
}

function tailBelow(r: number): number {
  const high =
    ((1.0507500716444169e-9 * r + 5.475938084995345e-4) * r + 0.015198666563616457) * r + 0.14810397642748008;
  return (((high * r + 0.6897673349851) * r + 1.6763848301838038) * r + 2.053191626637759) * r + 1;
}
