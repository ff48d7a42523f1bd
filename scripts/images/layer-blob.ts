import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { LayerEntry } from './layer-entry.ts';
import { tarBytes } from './tar.ts';

/** A packed layer as a file: gzip over tar. */
export interface LayerBlob {
  readonly file: string;
  /** SHA-256 in hex of the tar, which an image's configuration names. */
  readonly diffId: string;
  /** SHA-256 in hex of the file, which an image's manifest names. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/**
 * Packs a layer, or takes the one that was packed before: the hash of the tar is its name in the cache, so there is
 * nothing to invalidate. Compressing is the slow part; hashing half a gigabyte takes a second or two.
 */
export async function packLayer(entries: readonly LayerEntry[], cache: string): Promise<LayerBlob> {
  const diffId = await tarHash(entries);
  const file = join(cache, 'layers', `${diffId}.tar.gz`);
  const known = await readRecord(`${file}.json`);
  if (known !== undefined) return { file, diffId, ...known };

  const aside = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await pipeline(tarBytes(entries), createGzip({ level: 6 }), createWriteStream(aside));
    const record = await fileRecord(aside);
    await rename(aside, file);
    // Last: a record says that its file is whole.
    await writeFile(aside, JSON.stringify(record));
    await rename(aside, `${file}.json`);
    return { file, diffId, ...record };
  } finally {
    await rm(aside, { force: true });
  }
}

type LayerRecord = Pick<LayerBlob, 'digest' | 'sizeBytes'>;

async function tarHash(entries: readonly LayerEntry[]): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of tarBytes(entries)) hash.update(bytes);
  return hash.digest('hex');
}

async function fileRecord(file: string): Promise<LayerRecord> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) {
    hash.update(bytes);
    sizeBytes += bytes.length;
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

async function readRecord(file: string): Promise<LayerRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as LayerRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
