/**
 * Imports an optional peer dependency.
 *
 * @throws Error saying that it is not installed and how to install it, or why it does not load.
 */
export async function importPeer<T>(packageName: string, operation: string): Promise<T> {
  try {
    return (await import(/* @vite-ignore */ packageName)) as T;
  } catch (cause) {
    const { message } = cause as Error;
    // Node, bundlers and browsers each say it in their own words.
    const isMissing = message.includes(packageName) && /cannot find|(could not|failed to) resolve/i.test(message);
    throw new Error(
      isMissing
        ? `${operation}: "${packageName}" is not installed; run "npm install ${packageName}"`
        : `${operation}: "${packageName}" does not load: ${message}`,
      { cause },
    );
  }
}
