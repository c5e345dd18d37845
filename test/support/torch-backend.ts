/** Whether the `torch` backend can be tested here. */
import { useBackend } from "@interfuse/tensor";

/**
 * Why the torch backend does not load, or undefined when it does.
 * @throws Error under CI=true, where a run on the fallback would prove nothing.
 */
export async function torchUnavailable(): Promise<string | undefined> {
  try {
    await useBackend({ backend: "torch", precision: "f32", threads: 1 });
    return undefined;
  } catch (error) {
    if (process.env.CI === "true") throw error;
    const reason = (error as Error).message;
    console.warn(`skipped: the tests on the torch backend (${reason})`);
    return reason;
  }
}
