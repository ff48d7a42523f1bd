import { createReadStream } from 'node:fs';
import { completeLayer, LayerError, type LayerEntry } from './layer-entry.ts';

/*
 * The ustar format (POSIX.1-1988), of which image layers need little. A member is a header of one block, then the
 * content, filled up with zeros to whole blocks; two blocks of zeros end the archive.
 *
 *     offset  length  field
 *          0     100  name, or its last part when `prefix` holds the rest
 *        100       8  mode, octal
 *        108       8  user, octal
 *        116       8  group, octal
 *        124      12  size in bytes, octal
 *        136      12  time, octal seconds
 *        148       8  sum of the header's bytes with this field as spaces, octal
 *        156       1  type: 0 file, 2 symbolic link, 5 directory
 *        157     100  target of a link
 *        257       8  "ustar", zero, "00"
 *        345     155  prefix: what stands before `name` and a slash
 */
const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const TYPES = { file: '0', link: '2', directory: '5' } as const;

/** The bytes of an archive with these members, in the order of their paths. Same entries, same bytes. */
export async function* tarBytes(entries: readonly LayerEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of completeLayer(entries)) {
    yield tarHeader(entry);
    if (entry.kind !== 'file') continue;
    const sizeBytes = contentBytes(entry);
    if (entry.content instanceof Uint8Array) yield entry.content;
    else yield* exactly(entry.content.file, sizeBytes);
    const beyond = sizeBytes % BLOCK_BYTES;
    if (beyond > 0) yield Buffer.alloc(BLOCK_BYTES - beyond);
  }
  yield Buffer.alloc(2 * BLOCK_BYTES);
}

export function tarHeader(entry: LayerEntry): Uint8Array {
  const header = Buffer.alloc(BLOCK_BYTES);
  const { name, prefix } = splitName(entry.kind === 'directory' ? `${entry.path}/` : entry.path);
  header.write(name, 0);
  writeOctal(header, modeOf(entry), 100, 8);
  writeOctal(header, 0, 108, 8);
  writeOctal(header, 0, 116, 8);
  writeOctal(header, entry.kind === 'file' ? contentBytes(entry) : 0, 124, 12);
  writeOctal(header, 0, 136, 12);
  header.write(TYPES[entry.kind], 156);
  if (entry.kind === 'link') {
    if (Buffer.byteLength(entry.target) > NAME_BYTES) {
      throw new LayerError(
        `the link '${entry.path}' has a target of more than ${NAME_BYTES} bytes: ${entry.target}`,
      );
    }
    header.write(entry.target, 157);
  }
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function modeOf(entry: LayerEntry): number {
  switch (entry.kind) {
    case 'file':
      return entry.executable ? 0o755 : 0o644;
    case 'directory':
      return entry.writableByAll === true ? 0o1777 : 0o755;
    case 'link':
      return 0o777;
  }
}

function contentBytes({ content }: Extract<LayerEntry, { kind: 'file' }>): number {
  return content instanceof Uint8Array ? content.length : content.sizeBytes;
}

function writeOctal(header: Buffer, value: number, offset: number, length: number): void {
  header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset);
}

function splitName(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= NAME_BYTES) return { name: path, prefix: '' };
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    if (Buffer.byteLength(prefix) <= PREFIX_BYTES && name !== '' && Buffer.byteLength(name) <= NAME_BYTES) {
      return { name, prefix };
    }
  }
  throw new LayerError(`'${path}' is too long a path for an image's layer (ustar); use a shorter one`);
}

/** A file that changes while it is packed would shift all that follows it. */
async function* exactly(file: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const bytes of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>) {
    read += bytes.length;
    yield bytes;
  }
  if (read !== sizeBytes) {
    throw new LayerError(
      `${file} had ${sizeBytes} bytes and has ${read} now; build again when nothing writes to it`,
    );
  }
}
