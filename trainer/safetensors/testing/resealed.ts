import { crc32 } from 'node:zlib';

const LENGTH_BYTES = 8;
const BEFORE_SEAL = 'headerCrc32":"';

/** A sealed file with another header whose seal is right: as the writer of another version, or a bad one, may make it. */
export function resealed(file: Uint8Array, change: (json: string) => string): Uint8Array {
  const old = Buffer.from(file);
  const dataAt = LENGTH_BYTES + Number(old.readBigUInt64LE());
  const json = change(old.toString('utf8', LENGTH_BYTES, dataAt));
  const bytes = Buffer.concat([Buffer.alloc(LENGTH_BYTES), Buffer.from(json), old.subarray(dataAt)]);
  const headerBytes = bytes.length - (old.length - dataAt);
  bytes.writeBigUInt64LE(BigInt(headerBytes - LENGTH_BYTES));
  const sealAt = bytes.indexOf(BEFORE_SEAL) + BEFORE_SEAL.length;
  bytes.write('00000000', sealAt);
  bytes.write(crc32(bytes.subarray(0, headerBytes)).toString(16).padStart(8, '0'), sealAt);
  return bytes;
}
