/**
 * Reading the safetensors format (github.com/huggingface/safetensors): a little-endian u64 header length, a JSON header
 * { name: { dtype, shape, data_offsets } }, then the data without holes. A file may come from anyone, so everything is
 * checked before any tensor is allocated.
 */
import { elementType, HOST_DTYPES, type HostDtype, type HostTensor } from "./host-tensor.ts";

const MAX_HEADER_BYTES = 100_000_000;

/** What a file holds. */
export type SafetensorsFile = { tensors: Map<string, HostTensor>; metadata: Record<string, string> };

/** Where a tensor lies: its bytes are `begin` to `end` of the file. */
export type SafetensorsEntry = { name: string; dtype: HostDtype; shape: number[]; begin: number; end: number };

/** What a file holds, without the tensors. */
export type SafetensorsHeader = { entries: SafetensorsEntry[]; metadata: Record<string, string> };

/**
 * Reads a whole file. Data that lies at a multiple of its element size is a view of `bytes`, other data is copied.
 * @throws RangeError saying what is wrong and, where it is one tensor, which.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { entries, metadata } = readSafetensorsHeader(bytes);
  const tensors = new Map<string, HostTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, data: typedView(bytes, dtype, { begin, end }) });
  }
  return { tensors, metadata };
}

/**
 * Reads the header alone, to read single tensors of a large file.
 * @param start the file's first bytes: 8 more than its first 8, a little-endian integer, say.
 * @param numFileBytes the size of the whole file.
 * @throws as {@link readSafetensors}.
 */
export function readSafetensorsHeader(start: Uint8Array, numFileBytes: number = start.length): SafetensorsHeader {
  const { header, dataStart } = readHeader(start);
  const { __metadata__: metadata = {}, ...rest } = header;
  checkMetadata(metadata);
  const entries = Object.entries(rest).map(([name, value]) => readEntry(name, value));
  checkLayout(entries, numFileBytes - dataStart);
  for (const entry of entries) {
    entry.begin += dataStart;
    entry.end += dataStart;
  }
  return { entries, metadata: { ...metadata } };
}

function fail(problem: string): never {
  throw new RangeError(`readSafetensors: ${problem}`);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) fail(`the file (${bytes.length} bytes) must start with a header length of 8 bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(MAX_HEADER_BYTES)) fail(`the header length (=${headerBytes}) must be at most 100 MB`);
  const dataStart = 8 + Number(headerBytes);
  if (dataStart > bytes.length) {
    fail(`the header (${headerBytes} bytes) ends after the file (${bytes.length} bytes): it is truncated`);
  }
  if (bytes[8] !== "{".charCodeAt(0)) fail('the header must start with "{"');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, dataStart));
    header = JSON.parse(text);
  } catch (cause) {
    throw new RangeError("readSafetensors: the header must be JSON in UTF-8", { cause });
  }
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) fail(`the header names ${duplicate} twice`);
  return { header: header as Record<string, unknown>, dataStart };
}

/** The first key, as JSON, that an object in valid JSON text has twice (JSON.parse would keep the last). */
function findDuplicateKey(text: string): string | undefined {
  const openObjects: Set<unknown>[] = [];
  for (const [token, key] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"/g)) {
    if (token === "{") openObjects.push(new Set());
    else if (token === "}") openObjects.pop();
    else if (key !== undefined) {
      const names = openObjects.at(-1)!;
      const name: unknown = JSON.parse(key);
      if (names.has(name)) return key;
      names.add(name);
    }
  }
  return undefined;
}

function checkMetadata(metadata: unknown): asserts metadata is Record<string, string> {
  const isObject = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  if (!isObject || !Object.values(metadata).every((value) => typeof value === "string")) {
    fail("__metadata__ must map names to strings");
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The entry as the header has it: `begin` and `end` count from the start of the data. */
function readEntry(name: string, value: unknown): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const type = typeof dtype === "string" ? elementType(dtype) : undefined;
  if (type === undefined) {
    fail(`"${name}" has dtype ${JSON.stringify(dtype)}; only ${HOST_DTYPES.join(", ")} can be read`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    fail(`"${name}" has shape ${JSON.stringify(shape)}, which must be a list of sizes`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    fail(`"${name}" has data_offsets ${JSON.stringify(offsets)}, which must be [begin, end]`);
  }
  const [begin, end] = offsets as [number, number];
  const numBytes = (shape as number[]).reduce((size, axis) => size * axis, type.BYTES_PER_ELEMENT);
  if (end - begin !== numBytes) {
    fail(`"${name}" (${dtype} [${shape}]) takes ${numBytes} bytes, but its data_offsets are [${begin}, ${end}]`);
  }
  return { name, dtype: dtype as HostDtype, shape: shape as number[], begin, end };
}

/** @throws RangeError unless the tensors cover the data exactly: no hole, no overlap, nothing beyond the file. */
function checkLayout(entries: readonly SafetensorsEntry[], numDataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) fail(`"${name}" (data_offsets [${begin}, ${end}]) overlaps the tensor before it`);
    if (begin > covered) fail(`there is a hole of ${begin - covered} bytes in the data before "${name}"`);
    if (end > numDataBytes) {
      fail(`"${name}" ends at byte ${end} of the data, which has ${numDataBytes}: the file is truncated`);
    }
    covered = end;
  }
  if (covered < numDataBytes) fail(`${numDataBytes - covered} bytes after the last tensor belong to none`);
}

function typedView(
  bytes: Uint8Array,
  dtype: HostDtype,
  { begin, end }: { begin: number; end: number },
): HostTensor["data"] {
  const type = elementType(dtype)!;
  const numElements = (end - begin) / type.BYTES_PER_ELEMENT;
  const offset = bytes.byteOffset + begin;
  if (offset % type.BYTES_PER_ELEMENT === 0) return new type(bytes.buffer as ArrayBuffer, offset, numElements);
  return new type(bytes.slice(begin, end).buffer, 0, numElements);
}
