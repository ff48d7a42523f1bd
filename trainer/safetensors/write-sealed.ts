import type { WritableFile } from './files.ts';
import { valuesOf } from './header.ts';
import { encodeSealedHeader, type Contents } from './sealed-header.ts';
import { TensorChecksums } from './tensor-checksums.ts';

/** Small enough that its checksum does not hold up an event loop (about 2 ms), large enough for a disk. */
export const PIECE_BYTES = 4 * 2 ** 20;

/**
 * Writes a whole sealed file. The checksum of a piece is computed while it is being written; the header comes last,
 * when all checksums are known, so that a file that was cut short never has one.
 * @param data the tensors' bytes, one tensor after another; must not change before this resolves.
 * @returns bytes of the file.
 */
export async function writeSealed(file: WritableFile, contents: Contents, data: Uint8Array): Promise<number> {
  const sizes = contents.tensors.map(({ shape }) => valuesOf(shape) * Float32Array.BYTES_PER_ELEMENT);
  const checksums = new TensorChecksums(sizes);
  const { byteLength: headerBytes } = encodeSealedHeader(contents, checksums.values);
  for (let at = 0; at < data.byteLength; at += PIECE_BYTES) {
    const piece = data.subarray(at, at + PIECE_BYTES);
    const written = file.write(piece, headerBytes + at);
    checksums.add(piece);
    await written;
  }
  await file.write(encodeSealedHeader(contents, checksums.values), 0);
  return headerBytes + data.byteLength;
}
