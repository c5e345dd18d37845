/** The body of an answer as bytes, piece by piece, so that people see how far it has come. */

/**
 * Reads the whole body; `onBytes` gets the bytes read so far and the size, which is what the server said, or the bytes so far
 * where it said nothing.
 * @throws RangeError when the body is not as long as the server said, which a broken connection may cause
 */
export async function readResponse(
  response: Response,
  onBytes: (loaded: number, size: number) => void,
): Promise<Uint8Array> {
  const expected = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length") ?? 0);
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done || value === undefined) break;
    pieces.push(value);
    loaded += value.length;
    onBytes(loaded, Math.max(loaded, expected));
  }
  if (loaded < expected) throw new RangeError(`the answer ended after ${loaded} of ${expected} bytes`);
  const bytes = new Uint8Array(loaded);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  onBytes(loaded, loaded);
  return bytes;
}
