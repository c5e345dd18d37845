/** Imports a package that need not be installed. */

/**
 * The package's exports; for a CommonJS package, its `module.exports`.
 * @throws Error saying that it is not installed, or why it does not load.
 */
export async function importOptional<T>(packageName: string): Promise<T> {
  try {
    const loaded = await import(/* @vite-ignore */ packageName);
    return (loaded.default ?? loaded) as T;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const isMissing = code === "ERR_MODULE_NOT_FOUND" && message.includes(packageName);
    throw new Error(isMissing ? `${packageName} is not installed` : `${packageName} does not load: ${message}`, {
      cause,
    });
  }
}
