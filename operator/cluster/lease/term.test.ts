import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Term } from './term.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

interface Timed {
  readonly term: Term;
  /** Time passes, and the timers notice. */
  readonly pass: (durationMs: number) => void;
  /** Time passes while the process is stopped: no timer fires. */
  readonly stall: (durationMs: number) => void;
}

function timed(deadlineMs: number): Timed {
  let nowMs = 0;
  const term = new Term(0, deadlineMs, () => nowMs);
  return {
    term,
    pass: (durationMs) => {
      nowMs += durationMs;
      jest.advanceTimersByTime(durationMs);
    },
    stall: (durationMs) => void (nowMs += durationMs),
  };
}

describe('a term', () => {
  test('is lost at its deadline, also when nobody asks', () => {
    const { term, pass } = timed(10_000);
    pass(9999);
    expect(term.signal.aborted).toBe(false);
    pass(1);
    expect(term.signal.aborted).toBe(true);
    expect(term.ending).toBe('lost');
  });

  test('goes on from when the renewal was sent, not from when it was answered', () => {
    const { term, pass } = timed(10_000);
    pass(9000);
    term.renewed(5000);
    pass(5999);
    expect(term.isOpen()).toBe(true);
    pass(1);
    expect(term.isOpen()).toBe(false);
  });

  test('is over for whoever asks after a stall, before any timer has fired', () => {
    const { term, stall } = timed(10_000);
    stall(10_000);
    expect(term.isOpen()).toBe(false);
    expect(term.signal.aborted).toBe(true);
  });

  test('that is over is not renewed', () => {
    const { term, stall } = timed(10_000);
    stall(12_000);
    term.renewed(11_000);
    expect(term.isOpen()).toBe(false);
  });

  test('is over for the first reason it was ended for', () => {
    const { term, pass } = timed(10_000);
    term.end('stopped');
    term.end('lost');
    pass(20_000);
    expect(term.ending).toBe('stopped');
    expect(jest.getTimerCount()).toBe(0);
  });
});
