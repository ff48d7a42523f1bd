import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createLineSplitter, MAX_LINE_CHARACTERS } from './line-splitter.ts';

function split(...pieces: readonly Buffer[]): readonly string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const piece of pieces) splitter.push(piece);
  splitter.end();
  return lines;
}

describe('the line splitter', () => {
  test('delivers whole lines, also the last one without an end, and drops empty ones', () => {
    expect(split(Buffer.from('one\r\n\ntwo\nthr'), Buffer.from('ee'))).toEqual(['one', 'two', 'three']);
  });

  test('gives the same lines wherever the stream is cut, also inside a character', () => {
    const lines = ['grün', '学習', 'plain'];
    const bytes = Buffer.from(lines.join('\n'));
    fc.assert(
      fc.property(fc.nat(bytes.length), (cut) => {
        expect(split(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(lines);
      }),
    );
  });

  test('cuts a line that never ends', () => {
    const lines = split(Buffer.alloc(2.5 * MAX_LINE_CHARACTERS, 'x'));
    expect(Math.max(...lines.map(({ length }) => length))).toBe(MAX_LINE_CHARACTERS);
  });
});
