import { beforeAll, describe, expect, test } from '@jest/globals';
import { DamagedFileError, NewerFormatError } from './errors.ts';
import { encodeHeader } from './header.ts';
import { readSealedData, readSealedHeader } from './read-sealed.ts';
import { ForgetfulFiles } from './testing/forgetful-files.ts';
import { resealed } from './testing/resealed.ts';
import { PIECE_BYTES, writeSealed } from './write-sealed.ts';

const PATH = '/d/file';
const CONTENTS = {
  format: 'test',
  metadata: new Map([['step', '7']]),
  tensors: [
    { name: 'a', shape: [3] },
    { name: 'b', shape: [2, 2] },
  ],
};
const VALUES = Float32Array.of(1, 2, 3, -1, -2, -3, -4);

async function sealed(contents = CONTENTS, values = VALUES): Promise<Uint8Array> {
  const files = new ForgetfulFiles();
  const file = await files.createNew(PATH);
  const bytes = await writeSealed(file, contents, new Uint8Array(values.buffer));
  const written = new Uint8Array(bytes);
  await (await files.openToRead(PATH)).read(written, 0);
  return written;
}

/** Names of damaged tensors. */
async function read(bytes: Uint8Array, into?: Uint8Array): Promise<readonly string[]> {
  const file = await new ForgetfulFiles(new Map([[PATH, bytes]])).openToRead(PATH);
  return readSealedData(file, await readSealedHeader(file, PATH), into);
}

let whole: Uint8Array;
beforeAll(async () => {
  whole = await sealed();
});

test('what was written is read again', async () => {
  const values = new Float32Array(VALUES.length);
  expect(await read(whole, new Uint8Array(values.buffer))).toEqual([]);
  expect(values).toEqual(VALUES);
  const file = await new ForgetfulFiles(new Map([[PATH, whole]])).openToRead(PATH);
  const header = await readSealedHeader(file, PATH);
  expect(header).toMatchObject({ format: 'test', dataBytes: 28, headerBytes: whole.byteLength - 28 });
  expect(header.metadata).toEqual(CONTENTS.metadata);
  expect(header.tensors.map(({ name, size, bytes }) => ({ name, size, bytes }))).toEqual([
    { name: 'a', size: 3, bytes: 12 },
    { name: 'b', size: 4, bytes: 16 },
  ]);
});

test('files of several pieces, tensors across their borders', async () => {
  const tensors = [PIECE_BYTES / 8 + 1, PIECE_BYTES / 2, 3].map((size, i) => ({
    name: `t${i}`,
    shape: [size],
  }));
  const values = Float32Array.from({ length: PIECE_BYTES * 0.625 + 4 }, (_, i) => i);
  const bytes = await sealed({ ...CONTENTS, tensors }, values);
  const into = new Float32Array(values.length);
  expect(await read(bytes, new Uint8Array(into.buffer))).toEqual([]);
  expect(Buffer.compare(new Uint8Array(into.buffer), new Uint8Array(values.buffer))).toBe(0);
  bytes[bytes.byteLength - 1]! ^= 1;
  expect(await read(bytes)).toEqual(['t2']);
});

test('a file without tensors', async () => {
  expect(await read(await sealed({ ...CONTENTS, tensors: [] }, new Float32Array()))).toEqual([]);
});

test('one flipped bit anywhere in the header is seen', async () => {
  const headerBytes = whole.byteLength - VALUES.byteLength;
  for (let bit = 0; bit < headerBytes * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    await expect(read(bytes)).rejects.toThrow(DamagedFileError);
  }
});

test('one flipped bit anywhere in the data is seen, and the tensor named', async () => {
  const headerBytes = whole.byteLength - VALUES.byteLength;
  for (let bit = headerBytes * 8; bit < whole.byteLength * 8; bit++) {
    const bytes = whole.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(await read(bytes)).toEqual([(bit >> 3) - headerBytes < 12 ? 'a' : 'b']);
  }
});

test('a file that was cut at any byte is refused, with where', async () => {
  for (let length = 0; length < whole.byteLength; length++) {
    await expect(read(whole.subarray(0, length))).rejects.toThrow(new RegExp(`cut short.* ${length} `));
  }
});

test('a byte too many is refused', async () => {
  await expect(read(Uint8Array.of(...whole, 0))).rejects.toThrow(/too long: \d+ bytes/);
});

test('a header whose length is absurd is not read', async () => {
  const bytes = whole.slice();
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
  await expect(read(bytes)).rejects.toThrow(/a header of 9\d{18} bytes/);
});

test('a file that shrinks after its header was read has damaged tensors', async () => {
  const header = await readSealedHeader(
    await new ForgetfulFiles(new Map([[PATH, whole]])).openToRead(PATH),
    PATH,
  );
  const shrunk = new ForgetfulFiles(new Map([[PATH, whole.subarray(0, whole.byteLength - 1)]]));
  expect(await readSealedData(await shrunk.openToRead(PATH), header)).toEqual(['b']);
});

test("somebody else's safetensors file is not ours", async () => {
  const header = encodeHeader({ metadata: new Map([['format', 'pt']]), tensors: [] });
  await expect(read(header)).rejects.toThrow(/not written by terngrad/);
});

describe('with a seal that is right', () => {
  test('unchanged it is read', async () => {
    expect(await read(resealed(whole, (json) => json))).toEqual([]);
  });

  test('a newer format is refused by its number', async () => {
    const newer = resealed(whole, (json) =>
      json.replace('"formatVersion":"1"', '"formatVersion":"2","new":"x"'),
    );
    await expect(read(newer)).rejects.toThrow(NewerFormatError);
    await expect(read(newer)).rejects.toThrow(/format version 2; this version of terngrad reads up to 1/);
  });

  test.each([
    ['no format', /"format":"test",/, ''],
    ['no format version', /"formatVersion":"1",/, ''],
    ['a format version that is no number', /"formatVersion":"1"/, '"formatVersion":"one"'],
    ['a checksum too few', /"tensorCrc32":"\w+ /, '"tensorCrc32":"'],
  ])('%s is refused', async (_, from, to) => {
    const bytes = resealed(whole, (json) => json.replace(from, to));
    await expect(read(bytes)).rejects.toThrow(/lacks format, formatVersion or a checksum/);
  });

  test('a tensor that is no float32 is refused', async () => {
    await expect(read(resealed(whole, (json) => json.replace('F32', 'F16')))).rejects.toThrow(/dtype "F16"/);
  });
});
