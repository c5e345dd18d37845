/** Tensors by parameter name, as the in-place updates take them, and their way into a kernel's inputs. */
import type { tf } from "../tf.ts";
import { requireShape } from "./checks.ts";
import type { KernelInputs } from "./dispatch.ts";

/** The tensor of a parameter in a map. @throws RangeError naming the map when it is missing or of another shape. */
export function tensorOf<T extends tf.Tensor>(
  { op, map }: { op: string; map: string },
  tensors: ReadonlyMap<string, T>,
  [name, parameter]: readonly [string, tf.Tensor],
): T {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new RangeError(`${op}: ${map} has no "${name}"`);
  requireShape(op, `${map} "${name}"`, tensor, parameter.shape);
  return tensor;
}

/** Lists of tensors as inputs `name0`, `name1`, ... of a kernel. */
export function numberedInputs(lists: Readonly<Record<string, readonly tf.Tensor[]>>): KernelInputs {
  return Object.fromEntries(
    Object.entries(lists).flatMap(([name, tensors]) => tensors.map((tensor, i) => [`${name}${i}`, tensor] as const)),
  );
}
