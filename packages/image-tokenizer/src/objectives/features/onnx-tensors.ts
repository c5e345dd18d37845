/**
 * The weights that an `.onnx` file holds, for networks that are rebuilt here so that gradients pass through them: ONNX's own
 * runtimes have none. Fields and types are those of `onnx.proto3`.
 */
import type { HostTensor } from "@interfuse/tensor";
import { PbfReader } from "pbf";

/** Numbers of the fields that are read. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR = { dims: 1, dataType: 2, floatData: 4, name: 8, rawData: 9, dataLocation: 14 } as const;

/** Numbers of the types that weights have; all others (sizes, flags) are left out. */
const FLOAT = 1;
const DTYPES = new Map([
  [FLOAT, { dtype: "F32", array: Float32Array }],
  [10, { dtype: "F16", array: Uint16Array }],
  [11, { dtype: "F64", array: Float64Array }],
  [16, { dtype: "BF16", array: Uint16Array }],
] as const);

type Initializer = {
  readonly dims: number[];
  readonly floatData: number[];
  dataType: number;
  name: string;
  rawData: Uint8Array | undefined;
  isExternal: boolean;
};

/**
 * The floating-point initializers of a model by name, as exported (`torch.onnx.export` keeps the names of parameters).
 *
 * @throws Error when the bytes are no ONNX model, or a tensor's values lie in another file or do not fill its shape.
 */
export function readOnnxTensors(model: Uint8Array): Map<string, HostTensor> {
  const initializers = readInitializers(model);
  if (initializers.length === 0) {
    throw new Error("readOnnxTensors: the bytes hold no ONNX model with weights; export one with its weights inside");
  }
  return new Map(initializers.flatMap((one) => toHostTensor(one)));
}

function readInitializers(model: Uint8Array): Initializer[] {
  try {
    return new PbfReader(model).readFields<Initializer[]>((field, found, pbf) => {
      if (field === MODEL_GRAPH) pbf.readMessage(readGraphField, found);
    }, []);
  } catch (cause) {
    throw new Error(`readOnnxTensors: the bytes are no ONNX model (${(cause as Error).message})`, { cause });
  }
}

function readGraphField(field: number, found: Initializer[], pbf: PbfReader): void {
  if (field !== GRAPH_INITIALIZER) return;
  const empty = { dims: [], floatData: [], dataType: 0, name: "", rawData: undefined, isExternal: false };
  found.push(pbf.readMessage<Initializer>(readTensorField, empty));
}

function readTensorField(field: number, tensor: Initializer, pbf: PbfReader): void {
  if (field === TENSOR.dims) pbf.readPackedVarint(tensor.dims);
  else if (field === TENSOR.dataType) tensor.dataType = pbf.readVarint();
  else if (field === TENSOR.floatData) pbf.readPackedFloat(tensor.floatData);
  else if (field === TENSOR.name) tensor.name = pbf.readString();
  else if (field === TENSOR.rawData) tensor.rawData = pbf.readBytes();
  else if (field === TENSOR.dataLocation) tensor.isExternal = pbf.readVarint() === 1;
}

function toHostTensor({ dims, floatData, dataType, name, rawData, isExternal }: Initializer): [string, HostTensor][] {
  const type = DTYPES.get(dataType as typeof FLOAT);
  if (type === undefined) return [];
  if (isExternal) {
    throw new Error(`readOnnxTensors: the values of "${name}" lie in another file; export the model as one file`);
  }
  const { dtype, array } = type;
  const size = dims.reduce((product, side) => product * side, 1);
  const isWhole =
    rawData === undefined
      ? dataType === FLOAT && floatData.length === size
      : rawData.length === size * array.BYTES_PER_ELEMENT;
  if (!isWhole) {
    throw new Error(`readOnnxTensors: the values of "${name}" do not fill its shape [${dims}]; the file is damaged`);
  }
  // A copy, which is aligned as the array needs it.
  const data = rawData === undefined ? Float32Array.from(floatData) : new array(new Uint8Array(rawData).buffer);
  return [[name, { dtype, shape: dims, data }]];
}
