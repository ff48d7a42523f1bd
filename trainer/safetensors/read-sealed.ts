import { DamagedFileError, NewerFormatError } from './errors.ts';
import type { ReadableFile } from './files.ts';
import { LENGTH_BYTES } from './header.ts';
import { decodeSealedHeader, type SealedHeader } from './sealed-header.ts';
import { TensorChecksums } from './tensor-checksums.ts';
import { PIECE_BYTES } from './write-sealed.ts';

/** A header is some 100 bytes for each tensor. Longer ones are not read: the length may be damaged. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

/**
 * The header of a file whose length is right. The tensors are not read.
 * @throws DamagedFileError, NewerFormatError; errors of the file system.
 */
export async function readSealedHeader(file: ReadableFile, path: string): Promise<SealedHeader> {
  const damaged = (reason: string): DamagedFileError => new DamagedFileError(path, reason);
  const fileBytes = await file.size();
  const length = Buffer.alloc(LENGTH_BYTES);
  if ((await file.read(length, 0)) < LENGTH_BYTES) throw damaged(`it is cut short, at ${fileBytes} bytes`);
  const headerBytes = LENGTH_BYTES + Number(length.readBigUInt64LE());
  if (headerBytes > MAX_HEADER_BYTES) {
    throw damaged(
      `it was not written by terngrad, or its first bytes are damaged (a header of ${headerBytes} bytes)`,
    );
  }
  const bytes = new Uint8Array(headerBytes);
  if ((await file.read(bytes, 0)) < headerBytes) {
    throw damaged(`it is cut short in its header, at ${fileBytes} of ${headerBytes} bytes`);
  }
  const header = decoded(bytes, path);
  const expectedBytes = headerBytes + header.dataBytes;
  if (fileBytes !== expectedBytes) {
    const how = fileBytes < expectedBytes ? 'cut short' : 'too long';
    throw damaged(`it is ${how}: ${fileBytes} bytes, and its header speaks of ${expectedBytes}`);
  }
  return header;
}

function decoded(bytes: Uint8Array, path: string): SealedHeader {
  try {
    return decodeSealedHeader(bytes, path);
  } catch (cause) {
    if (cause instanceof NewerFormatError) throw cause;
    throw new DamagedFileError(path, (cause as Error).message, { cause });
  }
}

/**
 * Reads all tensors.
 * @param into takes the bytes, one tensor after another; without it they are only checked.
 * @returns names of the tensors whose bytes are not those that were written; none in a whole file.
 */
export async function readSealedData(
  file: ReadableFile,
  { tensors, headerBytes, dataBytes }: SealedHeader,
  into?: Uint8Array,
): Promise<readonly string[]> {
  const checksums = new TensorChecksums(tensors.map(({ bytes }) => bytes));
  const own = into === undefined ? new Uint8Array(Math.min(PIECE_BYTES, dataBytes)) : undefined;
  for (let at = 0; at < dataBytes; at += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, dataBytes - at);
    const piece = own?.subarray(0, length) ?? into!.subarray(at, at + length);
    // What is missing at a file that shrinks meanwhile counts as other bytes.
    const filled = await file.read(piece, headerBytes + at);
    piece.fill(0, filled);
    checksums.add(piece);
  }
  return tensors.filter((tensor, index) => tensor.crc32 !== checksums.values[index]).map(({ name }) => name);
}
