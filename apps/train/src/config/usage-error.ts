/** The user asked for something that does not exist or does not fit; the command line ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
