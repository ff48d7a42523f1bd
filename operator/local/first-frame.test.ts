import { describe, expect, test } from '@jest/globals';
import { withFirstFrame } from './first-frame.ts';

describe('a text with a stack', () => {
  test('keeps its message and the first frame', () => {
    const text =
      'program "mine" failed: Error: boom\n    at loss (mine.mjs:4:1)\n    at gradient (compute.js:1:1)\nand so on';
    expect(withFirstFrame(text)).toBe(
      'program "mine" failed: Error: boom\n    at loss (mine.mjs:4:1)\nand so on',
    );
  });

  test('without a stack stays as it is', () => {
    expect(withFirstFrame('one\ntwo')).toBe('one\ntwo');
  });
});
