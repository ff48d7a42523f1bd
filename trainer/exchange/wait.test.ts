import { expect, test } from '@jest/globals';
import { Wait } from './wait.ts';

const never = new Promise<never>(() => undefined);
const noDeadline = { deadlineMs: 60_000, onDeadline: () => undefined };

test('work that ends is the result, and leaves no timer or listener', async () => {
  const { signal } = new AbortController();
  await expect(new Wait().until(Promise.resolve(7), { ...noDeadline, signal })).resolves.toBe(7);
});

test('a deadline says how long was waited, and ends the call through fail', async () => {
  const wait = new Wait();
  const onDeadline = (waitedMs: number): void => wait.fail(new Error(`waited ${waitedMs >= 19}`));
  await expect(wait.until(never, { deadlineMs: 20, onDeadline })).rejects.toThrow('waited true');
});

test('an aborted signal ends the call through fail, before and during', async () => {
  const wait = new Wait();
  const controller = new AbortController();
  const limits = {
    ...noDeadline,
    signal: controller.signal,
    onAbort: (reason: unknown) => wait.fail(reason),
  };
  const pending = wait.until(never, limits);
  controller.abort(new Error('stop'));
  await expect(pending).rejects.toThrow('stop');
  await expect(wait.until(never, limits)).rejects.toThrow('stop');
});

test('one call at a time', async () => {
  const wait = new Wait();
  const first = wait.until(never, noDeadline);
  await expect(wait.until(never, noDeadline)).rejects.toThrow('still pending');
  wait.fail(new Error('over'));
  await expect(first).rejects.toThrow('over');
  await expect(wait.until(Promise.resolve(1), noDeadline)).resolves.toBe(1);
});
