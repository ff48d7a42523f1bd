import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frequenciesOf, FREQUENCY_TOTAL } from '../entropy/frequencies.ts';
import { planCoderMemory } from '../entropy/coder-memory.ts';
import { symbolClasses } from '../entropy/symbol-classes.ts';
import { createTwins, type Twins } from './twins.ts';

const MAX_SYMBOLS = 1000;
const at = planCoderMemory(64, { symbolBytes: MAX_SYMBOLS, payloadBytes: 2 * MAX_SYMBOLS + 64 });
const BACK = 40_960;
const LEAST_STATE = 2 ** 16;

let twins: Twins;
beforeAll(async () => {
  twins = await createTwins(65_536);
});

const alphabets = fc.constantFrom(
  { radix: 3, digits: 5 },
  { radix: 5, digits: 3 },
  { radix: 9, digits: 2 },
  { radix: 17, digits: 1 },
  { radix: 255, digits: 1 },
);

/** Symbols with digits around zero, from all zeros to uniform, in groups of 4. */
const inputs = fc
  .record({
    alphabet: alphabets,
    groups: fc.integer({ min: 1, max: MAX_SYMBOLS / 4 }),
    spread: fc.constantFrom(0, 0.02, 0.3, 1),
    seed: fc.integer(),
  })
  .map(({ alphabet, groups, spread, seed }) => {
    let state = seed | 1;
    const random = (): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const zero = (alphabet.radix - 1) / 2;
    const digit = (): number => (random() < spread ? Math.floor(random() * alphabet.radix) : zero);
    const symbols = Uint8Array.from({ length: 4 * groups }, () =>
      Array.from({ length: alphabet.digits }, digit).reduce((packed, d) => packed * alphabet.radix + d, 0),
    );
    return { classes: symbolClasses(alphabet), symbols };
  });

function prepare({
  classes,
  symbols,
}: {
  classes: ReturnType<typeof symbolClasses>;
  symbols: Uint8Array;
}): void {
  const counts = classes.sizes.map(() => 0);
  for (const symbol of symbols) counts[classes.classOf[symbol]!]!++;
  const frequencies = new Uint16Array(classes.sizes.length);
  frequenciesOf(counts, classes, frequencies);
  expect(classes.sizes.reduce((sum, size, index) => sum + size * frequencies[index]!, 0)).toBe(
    FREQUENCY_TOTAL,
  );
  twins.write(at.classes, classes.classOf);
  twins.write(at.frequencies, frequencies);
  twins.write(at.symbols, symbols);
  twins.write(at.states, new Uint32Array(4).fill(LEAST_STATE));
}

describe('the entropy coder, SIMD build and reference alike', () => {
  test('codes and decodes, and ends where it began', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        prepare(input);
        const { length } = input.symbols;
        const { symbols } = input.classes;
        twins.expectEqual((k) => k.countBytes(at.symbols, length, at.counts));
        twins.expectEqual((k) => k.ransEncodeTable(at.classes, at.frequencies, symbols, at.encodeTable));
        twins.expectEqual((k) => k.ransDecodeTable(at.classes, at.frequencies, symbols, at.decodeTable));
        let end = 0;
        const limit = at.payload + 2 * length + 8;
        twins.expectEqual(
          (k) => (end = k.ransEncode(at.symbols, length, at.encodeTable, at.states, at.payload, limit)),
        );
        expect(end).toBeGreaterThanOrEqual(at.payload);
        twins.expectEqual((k) => {
          const begin = k.ransDecode(BACK, length, at.decodeTable, at.states, end, at.payload);
          expect(begin).toBe(at.payload);
        });
        const { buffer } = twins.simd.memory;
        expect(new Uint8Array(buffer, BACK, length).every((symbol, i) => symbol === input.symbols[i])).toBe(
          true,
        );
        expect([...new Uint32Array(buffer, at.states, 4)]).toEqual(Array<number>(4).fill(LEAST_STATE));
      }),
      { numRuns: 40 },
    );
  });

  test('stops before its end when the words do not fit', () => {
    fc.assert(
      fc.property(inputs, fc.nat(200), (input, room) => {
        prepare(input);
        const { length } = input.symbols;
        const { symbols } = input.classes;
        twins.expectEqual((k) => k.ransEncodeTable(at.classes, at.frequencies, symbols, at.encodeTable));
        twins.write(at.payload, new Uint8Array(length * 2).fill(0xa5));
        twins.expectEqual((k) =>
          k.ransEncode(at.symbols, length, at.encodeTable, at.states, at.payload, at.payload + room),
        );
        const behind = new Uint8Array(twins.simd.memory.buffer, at.payload + room, 64);
        expect(behind.every((byte) => byte === 0xa5 || length * 2 < room + 64)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('decodes any words to the same symbols, or says that there are too few', () => {
    fc.assert(
      fc.property(
        inputs,
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (input, words, states) => {
          prepare(input);
          const { symbols } = input.classes;
          const { length } = input.symbols;
          twins.write(at.payload, words);
          twins.write(
            at.states,
            Uint32Array.from(new Uint32Array(states.buffer, 0, 4), (x) => Math.max(x, LEAST_STATE)),
          );
          twins.expectEqual((k) => k.ransDecodeTable(at.classes, at.frequencies, symbols, at.decodeTable));
          const end = at.payload + (words.length & ~1);
          twins.expectEqual((k) => {
            const begin = k.ransDecode(BACK, length, at.decodeTable, at.states, end, at.payload);
            expect(begin === 0 || (begin >= at.payload && begin <= end)).toBe(true);
            return begin;
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test('divides exactly: every frequency at the ends of its states', () => {
    const wrong: [frequency: number, state: number][] = [];
    for (let frequency = 1; frequency <= FREQUENCY_TOTAL; frequency++) {
      const reciprocal = (2n ** 46n + BigInt(frequency) - 1n) / BigInt(frequency);
      const bound = frequency * 2 ** 18;
      for (const x of [frequency, bound - frequency - 1, bound - frequency, bound - 1]) {
        const product = BigInt(x) * reciprocal;
        const exact = product >> 46n === BigInt(Math.floor(x / frequency));
        if (!exact || product >= 2n ** 64n) wrong.push([frequency, x]);
      }
    }
    expect(wrong).toEqual([]);
  });
});
