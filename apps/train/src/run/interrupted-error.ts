/** The run was stopped by its signal after saving; its message says how to go on. The command line ends with exit code 130. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}
