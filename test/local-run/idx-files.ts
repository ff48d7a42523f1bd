import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const SIDE = 4;

/**
 * The four files of a tiny MNIST, all packed: 4x4 images of one grey, labelled 0 to 9 in turn.
 * IDX: big endian; 0x0000, type 8 (unsigned byte), number of dimensions, then each length, then the values.
 */
export function writeTinyMnist(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [part, count] of [
    ['train', 32],
    ['t10k', 8],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    const images = Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => 20 * ((i >> 4) % 10));
    write(folder, `${part}-images-idx3-ubyte.gz`, gzipSync(idx([count, SIDE, SIDE], images)));
    write(folder, `${part}-labels-idx1-ubyte.gz`, gzipSync(idx([count], labels)));
  }
}

export function idx(lengths: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * lengths.length);
  header.writeUInt32BE(0x0800 | lengths.length);
  for (const [i, length] of lengths.entries()) header.writeUInt32BE(length, 4 + 4 * i);
  return Buffer.concat([header, values]);
}

function write(folder: string, name: string, bytes: Buffer): void {
  writeFileSync(join(folder, name), bytes);
}
