import { afterEach, describe, expect, it } from "vitest";
import { MemoryFiles } from "./files.ts";
import { initNormal, initOnes, initZeros } from "./initialisers.ts";
import { Module } from "./module.ts";
import { Generator } from "./random/generator.ts";
import type { HostTensor } from "./safetensors/host-tensor.ts";
import { tf } from "./tf.ts";

class Inner extends Module {
  readonly weight = this.parameter("weight", initOnes([2, 3]));
}

class Outer extends Module {
  readonly scale = this.parameter("scale", initZeros([4]));
  readonly first = this.child("layers.0", new Inner());
  readonly second = this.child("layers.1", new Inner());

  add(name: string): void {
    this.parameter(name, initZeros([1]));
  }
}

const f32 = (shape: number[], value: number) => ({
  dtype: "F32" as const,
  shape,
  data: new Float32Array(tf.util.sizeFromShape(shape)).fill(value),
});

class Counter extends Module {
  readonly scale = this.parameter("scale", initOnes([2]));
  readonly hits = this.buffer("hits", initZeros([3]));

  add(name: string): void {
    this.parameter(name, initZeros([1]));
  }
}

class WithCounter extends Module {
  readonly counter = this.child("counter", new Counter());
}

describe("Module", () => {
  const numTensors = tf.memory().numTensors;
  afterEach(() => expect(tf.memory().numTensors).toBe(numTensors));

  it("names parameters by path, in the order they were added, and owns them", () => {
    const model = new Outer();
    expect([...model.parameters().keys()]).toEqual(["scale", "layers.0.weight", "layers.1.weight"]);
    expect(model.parameters().get("layers.1.weight")).toBe(model.second.weight);
    expect(model.numParameters()).toBe(16);
    expect(tf.memory().numTensors).toBe(numTensors + 3);
    expect(() => tf.tidy(() => model.add("scale"))).toThrow(/Outer: "scale" must be a new/);
    model.dispose();
  });

  it("loads every parameter, converting to float32", async () => {
    const model = new Outer();
    model.loadParameters(
      new Map<string, HostTensor>([
        ["scale", { dtype: "BF16", shape: [4], data: new Uint16Array(4).fill(0x4000) }],
        ["layers.0.weight", f32([2, 3], 5)],
        ["layers.1.weight", f32([2, 3], 6)],
      ]),
    );
    expect([...(await model.scale.data())]).toEqual([2, 2, 2, 2]);
    expect([...(await model.second.weight.data())]).toEqual([6, 6, 6, 6, 6, 6]);
    model.dispose();
  });

  it("keeps buffers apart from parameters, and saves, loads and frees them with those", async () => {
    const model = new WithCounter();
    expect([...model.parameters().keys()]).toEqual(["counter.scale"]);
    expect([...model.buffers().keys()]).toEqual(["counter.hits"]);
    expect([...model.state().keys()]).toEqual(["counter.scale", "counter.hits"]);
    expect(model.numParameters()).toBe(2);
    const scale = ["counter.scale", f32([2], 5)] as const;
    expect(() => model.loadParameters(new Map([scale]))).toThrow('"counter.hits" [3] is missing');
    model.loadParameters(new Map([scale, ["counter.hits", f32([3], 7)]]));
    expect([...(await model.counter.hits.data())]).toEqual([7, 7, 7]);
    expect(() => tf.tidy(() => model.counter.add("hits"))).toThrow('Counter: "hits" must be a new, non-empty name');
    model.dispose();
  });

  it("names everything that does not fit and changes nothing", async () => {
    const model = new Outer();
    const tensors = new Map([
      ["scale", f32([4], 1)],
      ["layers.0.weight", f32([3, 2], 1)],
      ["other", f32([1], 1)],
    ]);
    expect(() => model.loadParameters(tensors)).toThrow(
      /"other" is unknown; "layers.0.weight" has shape \[3,2\] instead of \[2,3\]; "layers.1.weight" \[2,3\] is missing/,
    );
    expect([...(await model.scale.data())]).toEqual([0, 0, 0, 0]);
    model.dispose();
  });

  it("draws first values from a generator only", async () => {
    const draw = async (): Promise<Float32Array> => {
      const tensor = initNormal(new Generator(1), [100, 10], 0.5);
      const values = (await tensor.data()) as Float32Array;
      tensor.dispose();
      return values;
    };
    const values = await draw();
    expect(await draw()).toEqual(values);
    expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / 1000)).toBeCloseTo(0.5, 1);
  });
});

describe("MemoryFiles", () => {
  it("gives back copies of what was written and names what is missing", async () => {
    const files = new MemoryFiles("shelf");
    const bytes = Uint8Array.of(1, 2);
    await files.write("a/b", bytes);
    bytes[0] = 9;
    expect([...(await files.read("a/b"))]).toEqual([1, 2]);
    expect([await files.exists("a/b"), await files.exists("a")]).toEqual([true, false]);
    expect(files.paths()).toEqual(["a/b"]);
    await expect(files.read("c")).rejects.toThrow(/"shelf" has no file "c"/);
  });
});
