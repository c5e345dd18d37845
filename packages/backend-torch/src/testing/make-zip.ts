import { crc32, deflateRawSync } from "node:zlib";

/** A file of an archive; `content` is stored as it is when `isStored`, else deflated. A name ending in "/" is a folder. */
export interface ZipFileEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly isStored?: boolean;
}

/** A zip archive, written byte by byte because a tool would refuse the names that tests need (APPNOTE.TXT 4.3). */
export function makeZip(entries: readonly ZipFileEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, isStored = false } of entries) {
    const data = isStored ? content : deflateRawSync(content);
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(isStored ? 0 : 8, 4); // method
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const file = Buffer.concat([Buffer.from("PK\x03\x04"), common, nameBytes, data]);
    const place = Buffer.alloc(14); // comment, disk, attributes, then where the file begins
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, place, nameBytes]));
    files.push(file);
    offset += file.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...files, ...directory, Buffer.from("PK\x05\x06"), end]);
}
