/** Tensors of published files, by PyTorch's conventions, as parameters of a module: renamed, checked, laid out anew. */
// O output channels, I input channels, k kernel size
import { type HostTensor, hostTensorToFloat32, type Module } from "@interfuse/tensor";
import type { PublishedNames } from "./names.ts";

const MAX_PROBLEMS = 6;

/** How a file's tensors belong to a module. */
export type PublishedLayout = {
  readonly names: PublishedNames;
  /** Tensors that the file may have and the module does not need. */
  readonly ignored?: readonly string[];
};

/**
 * Sets every parameter of `module` from `tensors` (F32, F16, BF16). Convolutions `[O, I, k, k]` become `[k, k, I, O]`; a
 * linear map may be stored as the 1x1 convolution that it is. Everything is checked before anything changes.
 *
 * @throws RangeError of `operation` that lists missing, unexpected and wrongly shaped tensors by the file's names, with both shapes.
 */
export function loadPublished(
  operation: string,
  module: Module,
  { tensors, layout }: { tensors: ReadonlyMap<string, HostTensor>; layout: PublishedLayout },
): void {
  const unused = new Set(tensors.keys());
  for (const name of layout.ignored ?? []) unused.delete(name);
  const found = new Map<string, HostTensor>();
  const problems: string[] = [];
  for (const [ours, { shape }] of module.state()) {
    const names = layout.names(ours);
    const name = names.find((candidate) => tensors.has(candidate));
    const expected = publishedShape(shape);
    if (name === undefined) {
      problems.push(`"${names[0]}" [${expected.join(", ")}] is missing`);
      continue;
    }
    unused.delete(name);
    const tensor = tensors.get(name) as HostTensor;
    if (sameShape(tensor.shape, expected) || (shape.length === 2 && sameShape(tensor.shape, [...expected, 1, 1]))) {
      found.set(ours, tensor);
    } else {
      problems.push(`"${name}" has shape [${tensor.shape.join(", ")}] where the config needs [${expected.join(", ")}]`);
    }
  }
  for (const name of unused) {
    problems.push(`"${name}" [${tensors.get(name)?.shape.join(", ")}] is not a part of the config's network`);
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, MAX_PROBLEMS).join("; ");
    const rest = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : "";
    throw new RangeError(`${operation}: the weights do not fit the config: ${shown}${rest}`);
  }
  module.loadParameters(new Map([...module.state()].map(([name, { shape }]) => [name, laidOut(found, name, shape)])));
}

function publishedShape(shape: readonly number[]): readonly number[] {
  if (shape.length !== 4) return shape;
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  return [outputs, inputs, height, width];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** The tensor of a parameter in float32, `[O, I, k, k]` turned to `[k, k, I, O]`. */
function laidOut(found: ReadonlyMap<string, HostTensor>, name: string, shape: number[]): HostTensor {
  const values = hostTensorToFloat32(found.get(name) as HostTensor);
  if (shape.length !== 4) return { dtype: "F32", shape, data: values as Float32Array<ArrayBuffer> };
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const data = new Float32Array(values.length);
  const positions = height * width;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const from = (output * inputs + input) * positions;
      for (let position = 0; position < positions; position++) {
        data[(position * inputs + input) * outputs + output] = values[from + position] as number;
      }
    }
  }
  return { dtype: "F32", shape, data };
}
