/** Writing the safetensors format; the header is padded so that data starts at a multiple of 8 bytes. */
import { elementType, type HostTensor } from "./host-tensor.ts";

/**
 * The bytes of a file with these tensors, in this order but wider elements first, so that all data are aligned.
 * @throws RangeError when a shape does not fit its data; TypeError when data are not of the dtype's array class.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [["__metadata__", metadata]] : [];
  let numDataBytes = 0;
  for (const [name, tensor] of ordered) {
    checkTensor(name, tensor);
    const end = numDataBytes + tensor.data.byteLength;
    entries.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [numDataBytes, end] }]);
    numDataBytes = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerBytes + numDataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(" ".charCodeAt(0), 8, 8 + headerBytes);
  bytes.set(header, 8);
  let offset = 8 + headerBytes;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

function checkTensor(name: string, { dtype, shape, data }: HostTensor): void {
  const type = elementType(dtype);
  if (name === "__metadata__") throw new RangeError('writeSafetensors: no tensor can be named "__metadata__"');
  if (type === undefined || !(data instanceof type)) {
    throw new TypeError(`writeSafetensors: the data of "${name}" must be an array for dtype ${dtype}`);
  }
  const size = shape.reduce((total, axis) => total * axis, 1);
  if (size !== data.length) {
    throw new RangeError(`writeSafetensors: "${name}" [${shape}] needs ${size} values and has ${data.length}`);
  }
}
