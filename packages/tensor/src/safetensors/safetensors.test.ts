import { describe, expect, it } from "vitest";
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  type HostTensor,
  hostTensorToFloat32,
} from "./host-tensor.ts";
import { readSafetensors, readSafetensorsHeader } from "./read.ts";
import { writeSafetensors } from "./write.ts";

/** A file with this header text and data, written without any check. */
function file(header: string | object, numDataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + numDataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: number[], begin: number, end: number) => ({ dtype: "F32", shape, data_offsets: [begin, end] });

describe("safetensors", () => {
  it("reads back what it writes: every dtype, scalars, empty tensors, odd names and metadata", () => {
    const tensors = new Map<string, HostTensor>([
      ["bytes", { dtype: "U8", shape: [3], data: Uint8Array.of(1, 2, 255) }],
      ["flags", { dtype: "BOOL", shape: [1, 2], data: Uint8Array.of(0, 1) }],
      ["half", { dtype: "BF16", shape: [3], data: Uint16Array.of(0x3f80, 0, 0xc000) }],
      ["scalar", { dtype: "F32", shape: [], data: Float32Array.of(1.5) }],
      ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array() }],
      ["big", { dtype: "I64", shape: [1], data: BigInt64Array.of(-5n) }],
      ["double", { dtype: "F64", shape: [1], data: Float64Array.of(Math.PI) }],
      ['a "quoted": {name} é', { dtype: "I32", shape: [2], data: Int32Array.of(-1, 7) }],
      ["__proto__", { dtype: "I8", shape: [1], data: Int8Array.of(-3) }],
    ]);
    const bytes = writeSafetensors(tensors, { format: "pt", note: '{"x": 1}' });
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const read = readSafetensors(bytes);
    expect(read.metadata).toEqual({ format: "pt", note: '{"x": 1}' });
    expect(read.tensors.size).toBe(tensors.size);
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
  });

  it("views aligned data and copies unaligned data", () => {
    const bytes = writeSafetensors(new Map([["x", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }]]));
    expect(readSafetensors(bytes).tensors.get("x")!.data.buffer).toBe(bytes.buffer);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const { data } = readSafetensors(shifted.subarray(1)).tensors.get("x")!;
    expect([...data]).toEqual([1, 2]);
    expect(data.buffer).not.toBe(shifted.buffer);
  });

  it("says where each tensor lies from the start of a file alone", () => {
    const x: HostTensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
    const y: HostTensor = { dtype: "U16", shape: [1, 3], data: Uint16Array.of(3, 4, 5) };
    const bytes = writeSafetensors(
      new Map([
        ["x", x],
        ["y", y],
      ]),
      { note: "n" },
    );
    const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const { entries, metadata } = readSafetensorsHeader(bytes.subarray(0, headerEnd), bytes.length);
    expect(metadata).toEqual({ note: "n" });
    expect(entries.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual([
      { name: "x", dtype: "F32", shape: [2] },
      { name: "y", dtype: "U16", shape: [1, 3] },
    ]);
    const { begin, end } = entries[1]!;
    expect([...new Uint16Array(bytes.slice(begin, end).buffer)]).toEqual([3, 4, 5]);
    expect(() => readSafetensorsHeader(bytes.subarray(0, headerEnd), bytes.length - 1)).toThrow(/truncated/);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(3), /3 bytes.*header length/],
    [
      "a header longer than the file",
      file("{}").subarray(0, 9),
      /header \(2 bytes\) ends after the file \(9 bytes\): it is truncated/,
    ],
    [
      "a huge header length",
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127, 123),
      /header length \(=9223372036854775807\) must be at most 100 MB/,
    ],
    ["a header that is no object", file("[]"), /must start with "\{"/],
    ["a header that is no JSON", file("{x}"), /must be JSON/],
    ["bytes that are no UTF-8", Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 123, 255, 125), /UTF-8/],
    [
      "a tensor named twice",
      file(`{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":${JSON.stringify(f32([1], 4, 8))}}`, 8),
      /names "\\u0061" twice/,
    ],
    [
      "a field named twice",
      file('{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /names "dtype" twice/,
    ],
    ["metadata that are not strings", file({ __metadata__: { a: 1 } }), /__metadata__ must map names to strings/],
    ["metadata that are a list", file({ __metadata__: ["a"] }), /__metadata__ must map/],
    [
      "an unknown dtype",
      file({ a: { dtype: "F8_E4M3", shape: [1], data_offsets: [0, 1] } }, 1),
      /"a" has dtype "F8_E4M3"/,
    ],
    [
      "an inherited name as dtype",
      file({ a: { dtype: "constructor", shape: [], data_offsets: [0, 4] } }, 4),
      /"a" has dtype/,
    ],
    ["a null entry", file({ a: null }), /"a" has dtype undefined/],
    ["a negative size", file({ a: f32([-1], 0, 4) }, 4), /"a" has shape \[-1\]/],
    ["a fractional size", file({ a: f32([0.5], 0, 2) }, 2), /"a" has shape \[0.5\]/],
    [
      "offsets that are no pair",
      file({ a: { dtype: "F32", shape: [1], data_offsets: [4] } }, 4),
      /"a" has data_offsets \[4\]/,
    ],
    ["a size that overflows", file({ a: f32([2 ** 40, 2 ** 40], 0, 0) }), /"a" .* takes/],
    [
      "a shape that does not fit its bytes",
      file({ a: f32([2], 0, 4) }, 4),
      /takes 8 bytes, but its data_offsets are \[0, 4\]/,
    ],
    ["offsets in reverse", file({ a: f32([1], 4, 0) }, 4), /takes 4 bytes/],
    ["overlapping tensors", file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), /"b" .* overlaps/],
    ["a hole", file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /hole of 4 bytes in the data before "b"/],
    [
      "truncated data",
      file({ a: f32([2], 0, 8) }, 7),
      /"a" ends at byte 8 of the data, which has 7: the file is truncated/,
    ],
    ["bytes that belong to nobody", file({ a: f32([1], 0, 4) }, 5), /1 bytes after the last tensor/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  it("refuses to write what would not read back", () => {
    const write =
      (tensor: HostTensor, name = "a") =>
      () =>
        writeSafetensors(new Map([[name, tensor]]));
    expect(write({ dtype: "F32", shape: [3], data: new Float32Array(2) })).toThrow(
      /"a" \[3\] needs 3 values and has 2/,
    );
    expect(write({ dtype: "BF16", shape: [2], data: new Float32Array(2) })).toThrow(
      /"a" must be an array for dtype BF16/,
    );
    expect(write({ dtype: "F32", shape: [], data: new Float32Array(1) }, "__metadata__")).toThrow(/__metadata__/);
  });
});

describe("16-bit floats", () => {
  it("rounds to bfloat16, to nearest and ties to even", () => {
    const round = (value: number): number => bfloat16ToFloat32(float32ToBfloat16(Float32Array.of(value)))[0]!;
    expect(round(1 + 2 ** -8)).toBe(1);
    expect(round(1 + 2 ** -8 + 2 ** -16)).toBe(1 + 2 ** -7);
    expect(round(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
    expect(round(-0)).toBe(-0);
    expect(round(3.4e38)).toBe(Number.POSITIVE_INFINITY);
    expect(round(Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(round(Number.NaN)).toBeNaN();
  });

  it("widens half precision", () => {
    const bits = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x8000, 0x03ff, 0x7c00, 0xfc00, 0x7e00);
    const subnormal = 2 ** -24;
    const expected = [1, -2, 0.333251953125, 65504, subnormal, -0, 1023 * subnormal];
    expect([...float16ToFloat32(bits).slice(0, 7)]).toEqual(expected);
    expect([...float16ToFloat32(bits).slice(7)]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ]);
  });

  it("converts other dtypes to float32", () => {
    expect([...hostTensorToFloat32({ dtype: "I64", shape: [2], data: BigInt64Array.of(-1n, 7n) })]).toEqual([-1, 7]);
    expect([...hostTensorToFloat32({ dtype: "BF16", shape: [1], data: Uint16Array.of(0x4000) })]).toEqual([2]);
    const data = Float32Array.of(1, 2);
    const copy = hostTensorToFloat32({ dtype: "F32", shape: [2], data });
    expect(copy).toEqual(data);
    expect(copy).not.toBe(data);
  });
});
