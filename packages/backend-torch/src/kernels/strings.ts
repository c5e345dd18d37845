/**
 * String tensors in kernels that move or compare elements. Strings stay in JavaScript: the kernel runs on numbers that
 * stand for them, one for each distinct string, in the order of their bytes.
 */
import type * as tf from "@tensorflow/tfjs";
import type { TorchBackend } from "../torch-backend.ts";
import type { KernelCall } from "./define.ts";

type Run<Attributes> = (call: KernelCall<Attributes>) => tf.TensorInfo | tf.TensorInfo[];

/**
 * A kernel that also takes string tensors.
 *
 * @param textResults which results are strings when inputs are: all by default, none for a comparison
 */
export function takingStrings<Attributes>(
  run: Run<Attributes>,
  textResults: (index: number) => boolean = () => true,
): Run<Attributes> {
  return (call) => {
    for (const name in call.inputs) {
      if (call.inputs[name]?.dtype === "string") return runOnNumbers(call, run, textResults);
    }
    return run(call);
  };
}

function runOnNumbers<Attributes>(
  { backend, inputs, attrs }: KernelCall<Attributes>,
  run: Run<Attributes>,
  textResults: (index: number) => boolean,
): tf.TensorInfo | tf.TensorInfo[] {
  const texts = Object.values(inputs).filter(({ dtype }) => dtype === "string");
  const strings = new Map(texts.flatMap((input) => backend.stringsOf(input)).map((bytes) => [keyOf(bytes), bytes]));
  const sorted = [...strings.keys()].sort((a, b) => (a < b ? -1 : 1));
  const numbers = new Map(sorted.map((key, number) => [key, number]));
  const temporary: tf.TensorInfo[] = [];
  const numbered = Object.entries(inputs).map(([name, input]): [string, tf.TensorInfo] => {
    if (input.dtype !== "string") return [name, input];
    const values = Int32Array.from(backend.stringsOf(input), (bytes) => numbers.get(keyOf(bytes)) as number);
    const tensor = backend.tensorFrom(values, input.shape, "int32");
    temporary.push(tensor);
    return [name, tensor];
  });
  try {
    const results = run({ backend, inputs: Object.fromEntries(numbered), attrs });
    const back = (result: tf.TensorInfo, index: number): tf.TensorInfo =>
      textResults(index)
        ? asStrings(backend, result, (number) => strings.get(sorted[number] as string) as Uint8Array)
        : result;
    return Array.isArray(results) ? results.map(back) : back(results, 0);
  } finally {
    for (const { dataId } of temporary) backend.disposeData(dataId);
  }
}

function asStrings(
  backend: TorchBackend,
  numbers: tf.TensorInfo,
  stringOf: (number: number) => Uint8Array,
): tf.TensorInfo {
  const strings = Array.from(backend.readSync(numbers.dataId) as Int32Array, stringOf);
  backend.disposeData(numbers.dataId);
  return backend.tensorFrom(strings, numbers.shape, "string");
}

/** One character per byte: equal and ordered as the bytes are. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
