import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planChunks, type Chunk } from '../chunks.ts';
import { loadKernels, type Kernels } from '../kernels.ts';
import { planLayout } from '../layout.ts';
import { BASE3, byteRadix, packedBytes, type Radix } from '../radix.ts';
import { referenceKernels } from '../reference/index.ts';
import { planCoderMemory } from './coder-memory.ts';
import { createPayloadCoder, type PayloadCoder } from './payload-coder.ts';

const BYTES = 262_144;
const SYMBOLS = 65_536;
const PAYLOAD = 131_072;
const BACK = 196_608;
const UNTOUCHED = new Uint8Array(1024).fill(0xa5);

interface Side {
  readonly coder: PayloadCoder;
  readonly memory: Uint8Array;
}

let simd: Side;
let reference: Side;
beforeAll(async () => {
  const side = (kernels: Kernels): Side => ({
    coder: createPayloadCoder(kernels, planCoderMemory(64, { symbolBytes: 0, payloadBytes: 0 })),
    memory: new Uint8Array(kernels.memory.buffer),
  });
  const newMemory = (): WebAssembly.Memory =>
    new WebAssembly.Memory({ initial: BYTES / 65_536, maximum: BYTES / 65_536, shared: true });
  simd = side(await loadKernels(newMemory()));
  reference = side(referenceKernels(newMemory()));
});

/** One chunk of tensors of these sizes. */
function chunkOf(...sizes: number[]): Chunk {
  const layout = planLayout(
    sizes.map((size, index) => ({ name: `t${index}`, shape: [size], size })),
    () => false,
  );
  return planChunks(layout, { chunkValues: layout.values, scalerScope: 'tensor' }).chunks[0]!;
}

/** Digits that are zero (the middle one) but for a share, which differs by piece. */
function symbolsOf(chunk: Chunk, radix: Radix, seed: number): Uint8Array {
  let state = seed | 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const zero = Math.floor((radix.radix - 1) / 2);
  const symbols = new Uint8Array(packedBytes(chunk.blocks, radix));
  for (let at = 0; at < symbols.length; at++) {
    const spread = at < symbols.length / 2 ? 0.05 : 0.4;
    let packed = 0;
    for (let digit = 0; digit < radix.digits; digit++) {
      packed = packed * radix.radix + (random() < spread ? Math.floor(random() * radix.radix) : zero);
    }
    symbols[at] = packed;
  }
  return symbols;
}

function encode(
  { coder, memory }: Side,
  chunk: Chunk,
  radix: Radix,
  symbols: Uint8Array,
): Buffer | undefined {
  memory.set(symbols, SYMBOLS);
  const length = coder.encode(chunk, radix, SYMBOLS, PAYLOAD, symbols.length);
  return length === undefined ? undefined : Buffer.from(memory.slice(PAYLOAD, PAYLOAD + length));
}

function decode({ coder, memory }: Side, chunk: Chunk, radix: Radix, payload: Uint8Array): Buffer | string {
  const bytes = packedBytes(chunk.blocks, radix);
  memory.fill(0xa5, BACK - UNTOUCHED.length, BACK + bytes + UNTOUCHED.length);
  memory.set(payload, PAYLOAD);
  const fault = coder.decode(chunk, radix, PAYLOAD, payload.length, BACK);
  for (const at of [BACK - UNTOUCHED.length, BACK + bytes]) {
    expect(Buffer.compare(memory.subarray(at, at + UNTOUCHED.length), UNTOUCHED)).toBe(0);
  }
  return fault ?? Buffer.from(memory.slice(BACK, BACK + bytes));
}

const alphabets: [string, Radix][] = [
  ['codes', BASE3],
  ['sums of 2', byteRadix(5)],
  ['sums of 7', byteRadix(15)],
  ['sums of 20', byteRadix(41)],
  ['half sums of 255', byteRadix(256)],
];
const chunks = fc
  .array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 3 })
  .map((sizes) => chunkOf(...sizes));

describe.each(alphabets)('%s', (_name, radix) => {
  test('come back, and SIMD build and reference write the same bytes', () => {
    fc.assert(
      fc.property(chunks, fc.integer(), (chunk, seed) => {
        const symbols = symbolsOf(chunk, radix, seed);
        const coded = encode(simd, chunk, radix, symbols);
        expect(coded).toEqual(encode(reference, chunk, radix, symbols));
        if (coded === undefined) return;
        expect(coded.length).toBeLessThan(symbols.length);
        expect(decode(simd, chunk, radix, coded)).toEqual(Buffer.from(symbols));
        expect(decode(reference, chunk, radix, coded)).toEqual(Buffer.from(symbols));
      }),
      { numRuns: 25 },
    );
  });

  test('a payload with any byte changed, cut or added decodes to other symbols or is refused, alike on both', () => {
    const chunk = chunkOf(900, 700);
    const coded = encode(simd, chunk, radix, symbolsOf(chunk, radix, 7))!;
    const spoilt = fc.oneof(
      fc.tuple(fc.nat(coded.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
        const copy = Buffer.from(coded);
        copy[at]! ^= bits;
        return copy;
      }),
      fc.nat(coded.length - 1).map((length) => coded.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((more) => Buffer.concat([coded, more])),
      fc.uint8Array({ maxLength: 600 }).map((data) => Buffer.from(data)),
    );
    fc.assert(
      fc.property(spoilt, (payload) => {
        const result = decode(simd, chunk, radix, payload);
        expect(decode(reference, chunk, radix, payload)).toEqual(result);
        const largest = radix.radix ** radix.digits;
        if (typeof result !== 'string') expect(result.every((symbol) => symbol < largest)).toBe(true);
      }),
      { numRuns: 120 },
    );
  });
});

describe('by hand', () => {
  const chunk = chunkOf(80);

  test('a block of zero codes is a model and the first states', () => {
    // Class 0, the symbol of zeros, has all 16384: coding it changes no state and takes no word.
    const coded = encode(simd, chunkOf(320), BASE3, new Uint8Array(64).fill(121))!;
    const firstState = [0x00, 0x00, 0x01, 0x00];
    expect([...coded]).toEqual([
      ...Array<number>(10).fill(0),
      ...firstState,
      ...firstState,
      ...firstState,
      ...firstState,
    ]);
  });

  test('one symbol of many moves one state', () => {
    const symbols = new Uint8Array(64).fill(121);
    symbols[5] = 122;
    const coded = encode(simd, chunkOf(320), BASE3, symbols)!;
    // 1 of 64 symbols has one digit that is not zero. Its class of 10 gets 16384 / (64 * 10) = 26 (0x1a) each; 121 has the
    // rest, 16124. The classes' symbols are in order, and 10 of the class lie beside 121: 40, 94, 112, 118, 120 below.
    expect([...coded.subarray(0, 10)]).toEqual([0x1a, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // States 0, 2 and 3 code 16 times 121, which starts at 5 * 26 = 130 (0x82): x -> x / f * 16384 + x mod f + 130.
    let x = 65_536;
    for (let i = 0; i < 16; i++) x = Math.floor(x / 16_124) * 16_384 + (x % 16_124) + 130;
    expect(coded.readUInt32LE(coded.length - 16)).toBe(x);
    expect(coded.readUInt32LE(coded.length - 8)).toBe(x);
    // State 1 codes 14 of them, then 122, which starts behind 121 at 130 + 16124; then one more.
    let y = 65_536;
    for (let i = 0; i < 14; i++) y = Math.floor(y / 16_124) * 16_384 + (y % 16_124) + 130;
    y = Math.floor(y / 26) * 16_384 + (y % 26) + 130 + 16_124;
    y = Math.floor(y / 16_124) * 16_384 + (y % 16_124) + 130;
    expect(coded.readUInt32LE(coded.length - 12)).toBe(y);
    expect(coded).toHaveLength(10 + 16);
  });

  test('random codes of one block would not be shorter', () => {
    expect(encode(simd, chunk, BASE3, symbolsOf(chunk, BASE3, 3))).toBeUndefined();
  });
});

describe('is refused with a reason', () => {
  const chunk = chunkOf(1000);
  let coded: Buffer;
  beforeAll(() => {
    coded = encode(simd, chunk, BASE3, symbolsOf(chunk, BASE3, 5))!;
  });
  const faultOf = (spoil: (payload: Buffer) => Uint8Array | undefined): Buffer | string => {
    const copy = Buffer.from(coded);
    return decode(simd, chunk, BASE3, spoil(copy) ?? copy);
  };

  test('what is too short or of odd length', () => {
    expect(faultOf((payload) => payload.subarray(0, 25))).toBe(
      '25 bytes are not models of 10 bytes, words of 2 and states of 16',
    );
    expect(faultOf((payload) => payload.subarray(1))).toMatch(/are not models of 10 bytes/);
    expect(faultOf(() => new Uint8Array(0))).toMatch(/^0 bytes are not models/);
  });

  test('a model of too many', () => {
    expect(faultOf((payload) => payload.fill(0xff, 0, 10))).toBe(
      'the frequencies of model 0 sum to more than 16384',
    );
  });

  test('a state that no coder leaves', () => {
    expect(faultOf((payload) => payload.fill(0, payload.length - 16, payload.length - 12))).toBe(
      'a coder state is below 65536',
    );
  });

  test('words that end too early, and words left', () => {
    expect(faultOf((payload) => Buffer.concat([payload.subarray(0, 10), payload.subarray(40)]))).toBe(
      'the coded words end before the symbols do',
    );
    expect(
      faultOf((payload) => Buffer.concat([payload.subarray(0, 10), Buffer.alloc(6), payload.subarray(10)])),
    ).toBe('3 coded words are left behind the last symbol');
  });

  test('a changed word, by the state it ends in', () => {
    expect(faultOf((payload) => void (payload[10]! ^= 1))).toBe('the coder does not end in its first state');
  });
});
