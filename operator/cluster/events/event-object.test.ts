import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutToBytes, eventObject, eventSeries, happeningKey } from './event-object.ts';
import type { Happening } from './event-object.ts';

const happening: Happening = {
  regarding: {
    apiVersion: 'terngrad.dev/v1alpha1',
    kind: 'TernGradJob',
    name: 'mnist',
    namespace: 'n',
    uid: 'u1',
  },
  type: 'Warning',
  reason: 'WorkerFailed',
  action: 'ReplaceWorker',
  note: 'worker 1 ended with code 70',
};
const reporter = { controller: 'terngrad.dev/operator', instance: 'operator-0' };
const time = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6));

test('an event tells what, to whom, when and who says so', () => {
  const { metadata, ...event } = eventObject(happening, reporter, time);
  expect(metadata).toEqual({ name: expect.stringMatching(/^mnist\.[0-9a-f]{16}$/), namespace: 'n' });
  expect(event).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    eventTime: '2026-01-02T03:04:05.006000Z',
    ...happening,
    reportingController: 'terngrad.dev/operator',
    reportingInstance: 'operator-0',
  });
});

test('the series is told of the same event', () => {
  const event = eventObject(happening, reporter, time);
  expect(eventSeries(event, 3, time)).toMatchObject({
    metadata: event.metadata,
    series: { count: 3, lastObservedTime: '2026-01-02T03:04:05.006000Z' },
  });
});

describe('the name', () => {
  const nameOf = (change: Partial<Happening>, when = time): string =>
    eventObject({ ...happening, ...change }, reporter, when).metadata.name;

  test('is the same for the same happening, and another for any other', () => {
    expect(nameOf({})).toBe(nameOf({}));
    const others = [
      nameOf({ note: 'other' }),
      nameOf({ reason: 'Other' }),
      nameOf({ regarding: { ...happening.regarding, uid: 'u2' } }),
      nameOf({}, new Date(0)),
    ];
    expect(new Set([nameOf({}), ...others]).size).toBe(5);
  });

  test('of the longest object is still a name', () => {
    expect(
      nameOf({ regarding: { ...happening.regarding, name: 'x'.repeat(253) } }).length,
    ).toBeLessThanOrEqual(253);
  });
});

test('parts of a happening do not run into each other in its key', () => {
  const one = happeningKey({ ...happening, reason: 'AB', action: 'C' });
  expect(one).not.toBe(happeningKey({ ...happening, reason: 'A', action: 'BC' }));
});

describe('a note', () => {
  test.each([
    ['short', 'abc', 'abc'],
    ['that just fits', 'a'.repeat(10), 'a'.repeat(10)],
    ['too long', 'a'.repeat(11), 'aaaaaaa…'],
    ['too long, with a character of two bytes at the cut', 'aaaaaaééé', 'aaaaaa…'],
  ])('%s is cut to ten bytes', (_title, text, cut) => {
    expect(cutToBytes(text, 10)).toBe(cut);
  });

  test('is a beginning of what was said, whatever it is, and fits', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 3, max: 60 }),
        (text, max) => {
          const cut = cutToBytes(text, max);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
          expect(text.startsWith(cut === text ? cut : cut.slice(0, -1))).toBe(true);
        },
      ),
    );
  });
});
