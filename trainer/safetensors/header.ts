/**
 * The safetensors format, https://huggingface.co/docs/safetensors:
 *
 * | offset | bytes  | what                                                                     |
 * | ------ | ------ | ------------------------------------------------------------------------ |
 * | 0      | 8      | length of the header, unsigned, little endian                            |
 * | 8      | length | header, JSON; spaces at its end                                          |
 * |        |        | tensors one after another, no gaps, row-major, little endian             |
 *
 * The header maps each tensor's name to `{dtype, shape, data_offsets: [begin, end]}`, offsets counted from the end of
 * the header; `__metadata__` maps strings to strings.
 */
export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their data. */
  readonly tensors: readonly HeaderTensor[];
}

/** float32, always. */
export interface HeaderTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

export const LENGTH_BYTES = 8;
export const METADATA = '__metadata__';
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
/** Data begins at a multiple of this, so that a mapped file has aligned tensors. */
const ALIGNMENT = 64;

/** Values of a tensor of this shape: 1 for a scalar. */
export function valuesOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Length and header, padded: the first bytes of the file. Metadata and tensors appear in the order given. */
export function encodeHeader({ metadata, tensors }: Header): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += valuesOf(shape) * FLOAT_BYTES;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`;
  });
  const pairs = [...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = Buffer.from(`{${[`"${METADATA}":{${pairs.join(',')}}`, ...entries].join(',')}}`);
  const bytes = Math.ceil((LENGTH_BYTES + json.length) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.alloc(bytes, ' ');
  header.writeBigUInt64LE(BigInt(bytes - LENGTH_BYTES));
  json.copy(header, LENGTH_BYTES);
  return header;
}

/**
 * The JSON part of a header, checked: float32 only, sizes as the shapes say, no gaps.
 * @throws Error saying what is wrong.
 */
export function decodeHeader(json: Uint8Array): Header {
  const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  if (!isObject(parsed)) throw new Error('the header is not a JSON object');
  const tensors: (HeaderTensor & { readonly begin: number; readonly end: number })[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, entry] of Object.entries(parsed)) {
    if (name === METADATA) metadata = decodeMetadata(entry);
    else tensors.push(decodeTensor(name, entry));
  }
  tensors.sort((a, b) => a.begin - b.begin);
  let expected = 0;
  for (const { name, begin, end } of tensors) {
    if (begin !== expected) throw new Error(`tensor ${name} begins at ${begin}, not at ${expected}`);
    expected = end;
  }
  return { metadata, tensors: tensors.map(({ name, shape }) => ({ name, shape })) };
}

function decodeMetadata(entry: unknown): ReadonlyMap<string, string> {
  if (!isObject(entry)) throw new Error(`${METADATA} is not a JSON object`);
  return new Map(
    Object.entries(entry).map(([key, value]) => {
      if (typeof value !== 'string')
        throw new Error(`${METADATA}: the value of ${quoted(key)} is not a string`);
      return [key, value];
    }),
  );
}

function decodeTensor(name: string, entry: unknown): HeaderTensor & { begin: number; end: number } {
  if (!isObject(entry)) throw new Error(`tensor ${name} is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') throw new Error(`tensor ${name} has dtype ${quoted(dtype)}; only F32 is read`);
  if (!isCounts(shape)) throw new Error(`tensor ${name} has shape ${quoted(shape)}`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw new Error(`tensor ${name} has data_offsets ${quoted(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  const bytes = valuesOf(shape) * FLOAT_BYTES;
  if (end - begin !== bytes) {
    throw new Error(`tensor ${name} has ${end - begin} bytes; shape [${shape.join(', ')}] needs ${bytes}`);
  }
  return { name, shape, begin, end };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}
