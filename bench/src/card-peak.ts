/** The fastest that an NVIDIA card multiplies matrices: what its utilisation is a share of. */
import { torchInfo } from "@interfuse/backend-torch";
import { linear, type Precision, tf } from "@interfuse/tensor";
import { median } from "./statistics.ts";

/** Dense bfloat16 products with float32 sums in TFLOP/s, from NVIDIA's data sheets, by what the driver calls the card. */
const BFLOAT16_TERAFLOPS: readonly (readonly [name: RegExp, teraflops: number])[] = [
  [/B200/, 2250],
  [/GH200|H200|H100.*(HBM3|SXM)/, 989],
  [/H100.*NVL/, 835],
  [/H100.*PCIe/, 756],
  [/A100/, 312],
  [/L40S/, 362],
  [/L4\b/, 121],
  [/A10\b/, 125],
  [/RTX 4090/, 165],
  [/RTX 3090/, 71],
];

const SIZE = 8192;
const ROUNDS = 10;

/** The card's peak at a precision: from the table where that has it, else the best rate of a large product here. */
export async function cardPeak(precision: Precision): Promise<{ teraflops: number; source: string }> {
  const name = torchInfo().card?.name;
  const known = BFLOAT16_TERAFLOPS.find(([pattern]) => name !== undefined && pattern.test(name));
  if (precision === "bf16" && known !== undefined) return { teraflops: known[1], source: `data sheet of ${name}` };
  return { teraflops: measuredTeraflops(), source: `a product of ${SIZE}x${SIZE} on ${name ?? torchInfo().device}` };
}

function measuredTeraflops(): number {
  return tf.tidy(() => {
    // A product's output has the storage of the precision, as operands have in a step.
    const operand = () => linear(tf.randomUniform([SIZE, 8], -1, 1), tf.randomUniform([SIZE, 8], -1, 1)) as tf.Tensor2D;
    const [x, weight] = [operand(), operand()];
    const milliseconds = () => {
      const start = performance.now();
      linear(x, weight).slice([0, 0], [1, 1]).dataSync();
      return performance.now() - start;
    };
    milliseconds();
    return (2 * SIZE ** 3) / (median(Array.from({ length: ROUNDS }, milliseconds)) / 1000) / 1e12;
  });
}
