/** Tensors in plain memory, as files hold them: a dtype of safetensors, a shape, row-major values. */

const ELEMENT_TYPES = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** A dtype of safetensors that JavaScript has an array for. */
export type HostDtype = keyof typeof ELEMENT_TYPES;

/** A tensor in memory. F16 and BF16 values are their bit patterns in a Uint16Array. */
export type HostTensor = {
  dtype: HostDtype;
  shape: number[];
  data: InstanceType<(typeof ELEMENT_TYPES)[HostDtype]>;
};

/** The typed array class of a dtype, or undefined for a dtype without one. */
export function elementType(dtype: string): (typeof ELEMENT_TYPES)[HostDtype] | undefined {
  return Object.hasOwn(ELEMENT_TYPES, dtype) ? ELEMENT_TYPES[dtype as HostDtype] : undefined;
}

/** Every dtype that can be read and written. */
export const HOST_DTYPES = Object.keys(ELEMENT_TYPES) as HostDtype[];

/** The values as float32: copied, widened from 16 bits, or converted (64-bit integers lose what float32 cannot hold). */
export function hostTensorToFloat32({ dtype, data }: HostTensor): Float32Array {
  if (dtype === "BF16") return bfloat16ToFloat32(data as Uint16Array);
  if (dtype === "F16") return float16ToFloat32(data as Uint16Array);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float32Array.from(data, Number);
  return new Float32Array(data);
}

/** Widens bfloat16 bit patterns; exact. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}

/** Rounds to bfloat16 bit patterns, to nearest and ties to even; a NaN stays a (quiet) NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = wide[i]!;
    const isNotANumber = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = isNotANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

/** Widens IEEE half-precision bit patterns; exact. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  const values = new Float32Array(wide.buffer);
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) values[i] = (sign < 0 ? -1 : 1) * fraction * 2 ** -24;
    else wide[i] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13);
  }
  return values;
}
