import { type BackendName, type DeviceName, useBackend, usedBackend } from "@interfuse/tensor";

/** Runs `f` in f32; where the backend is set to bf16 it is told (`onChange`), switched, and switched back afterwards. */
export async function inFloat32<T>(f: () => Promise<T>, onChange: () => void): Promise<T> {
  const before = usedBackend();
  if (before === undefined || before.precision === "f32") return f();
  const { threads } = before;
  const [backend, device] = [before.backend as BackendName, before.device as DeviceName];
  onChange();
  await useBackend({ backend, device, threads, precision: "f32" });
  try {
    return await f();
  } finally {
    await useBackend({ backend, device, threads, precision: before.precision });
  }
}
