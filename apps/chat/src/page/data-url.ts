/** Pictures as data: URLs and back, without fetch, which the page's policy forbids for them. */

/** @throws {RangeError} when it is not a base64 data: URL */
export function dataUrlToBlob(url: string): Blob {
  const [, type, base64] = /^data:([\w/+.-]+);base64,(.*)$/s.exec(url) ?? [];
  if (type === undefined || base64 === undefined) throw new RangeError("dataUrlToBlob: this is no base64 data: URL");
  return new Blob([base64ToBytes(base64)], { type });
}

export async function blobToDataUrl(blob: Blob): Promise<string> {
  return `data:${blob.type};base64,${bytesToBase64(new Uint8Array(await blob.arrayBuffer()))}`;
}

/** @throws {DOMException} when it is not base64 */
export function base64ToBytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

export function bytesToBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
