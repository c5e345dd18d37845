import type { Picture } from "@interfuse/image-tokenizer";

/** 10 log10(255² / mean squared error) over all pictures together, in dB. */
export function pooledPsnr(pictures: readonly Picture[], others: readonly Picture[]): number {
  let sum = 0;
  let count = 0;
  pictures.forEach(({ data }, index) => {
    const other = (others[index] as Picture).data;
    for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (other[i] as number)) ** 2;
    count += data.length;
  });
  return 10 * Math.log10(255 ** 2 / (sum / count));
}
