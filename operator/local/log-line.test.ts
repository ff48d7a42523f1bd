import { describe, expect, test } from '@jest/globals';
import { formatLogLine } from './log-line.ts';

const time = Date.UTC(2030, 0, 1, 10, 15, 30);

const quiet = { stacks: false };

describe('a log line of a worker', () => {
  test.each([
    [
      'a pino line becomes readable',
      { level: 30, time, pid: 1, hostname: 'h', rank: 0, msg: 'formed', members: 2, backend: 'wasm (SIMD)' },
      '[0] 10:15:30 info  formed  members=2 backend="wasm (SIMD)"',
    ],
    [
      'a line without fields ends with its message',
      { level: 50, time, msg: 'no peers' },
      '[0] 10:15:30 error no peers',
    ],
    ['an unknown level is shown as it is', { level: 35, time, msg: 'notice' }, '[0] 10:15:30 35    notice'],
    [
      'nested fields stay JSON',
      { level: 20, time, msg: 'x', bytes: { raw: 1 } },
      '[0] 10:15:30 debug x  bytes={"raw":1}',
    ],
  ])('%s', (_, fields, text) => expect(formatLogLine(0, JSON.stringify(fields), quiet)).toBe(text));

  test('shows a stack on demand only', () => {
    const line = JSON.stringify({ level: 50, time, msg: 'failed', stack: 'Error: failed\n  at x' });
    expect(formatLogLine(0, line, quiet)).toBe('[0] 10:15:30 error failed');
    expect(formatLogLine(0, line, { stacks: true })).toContain('at x');
  });

  test.each([
    ['plain text', 'loading...'],
    ['broken JSON', '{"level":30,'],
    ['JSON that is no log line', '{"answer":42}'],
  ])('%s is passed on with the rank', (_, line) => expect(formatLogLine(1, line, quiet)).toBe(`[1] ${line}`));
});
