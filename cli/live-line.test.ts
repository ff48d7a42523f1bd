import { describe, expect, test } from '@jest/globals';
import { LiveLine } from './live-line.ts';

const erase = '\r\u001B[2K';

function lines(isScreen: boolean, columns = 20) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const terminal = {
    out: () => undefined,
    err: (text: string) => void written.push(text),
    isScreen,
    columns,
  };
  return { written, clock, live: new LiveLine(terminal, () => clock.nowMs) };
}

describe('the live line on a screen', () => {
  test('is rewritten in place', () => {
    const { written, live } = lines(true);
    live.show('step 1');
    live.show('step 2');
    expect(written).toEqual([`${erase}step 1`, `${erase}step 2`]);
  });

  test('stays below what is printed', () => {
    const { written, live } = lines(true);
    live.show('step 1');
    live.print('a worker says something');
    expect(written.at(-1)).toBe(`${erase}a worker says something\nstep 1`);
  });

  test('never wraps', () => {
    const { written, live } = lines(true, 10);
    live.show('0123456789abcdef');
    expect(written).toEqual([`${erase}012345678`]);
  });

  test('is gone when cleared, once', () => {
    const { written, live } = lines(true);
    live.show('step 1');
    live.clear();
    live.clear();
    live.print('the end');
    expect(written.slice(1)).toEqual([erase, 'the end\n']);
  });
});

describe('the live line without a screen', () => {
  test('is a plain line every ten seconds', () => {
    const { written, clock, live } = lines(false);
    for (clock.nowMs = 0; clock.nowMs <= 20_000; clock.nowMs += 500) live.show(`at ${clock.nowMs}`);
    expect(written).toEqual(['at 0\n', 'at 10000\n', 'at 20000\n']);
  });

  test('has nothing to clear', () => {
    const { written, live } = lines(false);
    live.show('step 1');
    live.clear();
    expect(written).toEqual(['step 1\n']);
  });
});
