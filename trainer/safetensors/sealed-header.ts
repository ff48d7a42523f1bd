import { crc32 } from 'node:zlib';
import { NewerFormatError } from './errors.ts';
import type { HeaderTensor } from './header.ts';
import { decodeHeader, encodeHeader, LENGTH_BYTES, METADATA, valuesOf } from './header.ts';

/**
 * A safetensors header under seal: `__metadata__` begins with these entries, so that damage anywhere in the file is seen.
 * Any version of the format keeps the first, at its place, and `formatVersion`.
 *
 * | entry         | what                                                                                        |
 * | ------------- | ------------------------------------------------------------------------------------------- |
 * | headerCrc32   | CRC-32, 8 hex digits, of all bytes before the data, the length too, with these digits as 0  |
 * | format        | what kind of file it is                                                                     |
 * | formatVersion | 1                                                                                           |
 * | ...           | the kind's own entries                                                                      |
 * | tensorCrc32   | CRC-32 of each tensor's bytes, 8 hex digits each, in the order of their data, with spaces   |
 */
export interface SealedHeader {
  readonly format: string;
  /** The kind's own entries. */
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their data. */
  readonly tensors: readonly SealedTensor[];
  /** Bytes before the data. */
  readonly headerBytes: number;
  readonly dataBytes: number;
  /** Differs between two files that differ anywhere. */
  readonly headerCrc32: string;
}

export interface SealedTensor extends HeaderTensor {
  /** Values. */
  readonly size: number;
  /** Bytes. */
  readonly bytes: number;
  readonly crc32: number;
}

/** What is known before the data is read. */
export interface Contents {
  readonly format: string;
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: readonly HeaderTensor[];
}

const FORMAT_VERSION = 1;
const SEAL_DIGITS = 8;
const BEFORE_SEAL = `{"${METADATA}":{"headerCrc32":"`;
const SEAL_AT = LENGTH_BYTES + BEFORE_SEAL.length;
const NO_SEAL = '0'.repeat(SEAL_DIGITS);

/**
 * All bytes before the data. Their number does not depend on the checksums.
 * @param checksums CRC-32 by tensor.
 */
export function encodeSealedHeader(
  { format, metadata, tensors }: Contents,
  checksums: readonly number[],
): Uint8Array {
  const bytes = encodeHeader({
    metadata: new Map([
      ['headerCrc32', NO_SEAL],
      ['format', format],
      ['formatVersion', String(FORMAT_VERSION)],
      ...metadata,
      ['tensorCrc32', checksums.map(hex).join(' ')],
    ]),
    tensors,
  });
  Buffer.from(hex(crc32(bytes))).copy(bytes, SEAL_AT);
  return bytes;
}

const SEAL_ENTRIES: ReadonlySet<string> = new Set(['headerCrc32', 'format', 'formatVersion', 'tensorCrc32']);

/**
 * @param bytes all bytes before the data, as the file's first 8 bytes count them.
 * @throws NewerFormatError; Error saying what is wrong.
 */
export function decodeSealedHeader(bytes: Uint8Array, file: string): SealedHeader {
  const headerCrc32 = verifiedSeal(bytes);
  const { metadata, tensors } = decodeHeader(bytes.subarray(LENGTH_BYTES));
  const formatVersion = Number(metadata.get('formatVersion'));
  if (formatVersion > FORMAT_VERSION) throw new NewerFormatError(file, formatVersion, FORMAT_VERSION);
  const checksums = (metadata.get('tensorCrc32') ?? '').split(' ').filter((digits) => digits !== '');
  const format = metadata.get('format');
  if (format === undefined || formatVersion !== FORMAT_VERSION || checksums.length !== tensors.length) {
    throw new Error('its header lacks format, formatVersion or a checksum for each tensor');
  }
  const sealed = tensors.map((tensor, index): SealedTensor => {
    const size = valuesOf(tensor.shape);
    return {
      ...tensor,
      size,
      bytes: size * Float32Array.BYTES_PER_ELEMENT,
      crc32: Number.parseInt(checksums[index]!, 16),
    };
  });
  return {
    format,
    metadata: new Map([...metadata].filter(([key]) => !SEAL_ENTRIES.has(key))),
    tensors: sealed,
    headerBytes: bytes.byteLength,
    dataBytes: sealed.reduce((sum, tensor) => sum + tensor.bytes, 0),
    headerCrc32,
  };
}

/** Comes before anything else is read from the header: what is not sealed is not parsed. */
function verifiedSeal(bytes: Uint8Array): string {
  const unsealed = Buffer.from(bytes);
  const seal = unsealed.toString('latin1', SEAL_AT, SEAL_AT + SEAL_DIGITS);
  if (unsealed.toString('latin1', LENGTH_BYTES, SEAL_AT) !== BEFORE_SEAL || !/^[0-9a-f]{8}$/.test(seal)) {
    throw new Error('it was not written by terngrad, or its header is damaged');
  }
  unsealed.write(NO_SEAL, SEAL_AT, 'latin1');
  const found = hex(crc32(unsealed));
  if (found !== seal) throw new Error(`its header is damaged: checksum ${found}, sealed as ${seal}`);
  return seal;
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(SEAL_DIGITS, '0');
}
