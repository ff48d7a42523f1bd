import { describe, expect, test } from '@jest/globals';
import type { FailureRecord } from '../../crds/status.ts';
import { MAX_KEPT_FAILURES, statusSchema } from '../../crds/status.ts';
import { failureRecord, withFailures } from './failure-history.ts';
import { at, worker } from './testing/builders.ts';

function record(uid: string, counted: boolean): FailureRecord {
  return { uid, rank: 0, attempt: 1, counted, reason: 'X', finishedAt: at(0).toISOString() };
}

function records(prefix: string, count: number, counted: boolean): FailureRecord[] {
  return Array.from({ length: count }, (_, index) => record(`${prefix}${index}`, counted));
}

describe('the list of failures', () => {
  test('is bounded: what was free goes first, then what is oldest', () => {
    const free = records('free', 100, false);
    const counted = records('counted', 10, true);
    const kept = withFailures([...counted, ...free], []);
    expect(kept).toHaveLength(MAX_KEPT_FAILURES);
    expect(kept.slice(0, 10)).toEqual(counted);
    expect(kept.at(-1)?.uid).toBe('free99');
    const many = withFailures(kept, records('new', 100, true));
    expect(many).toHaveLength(MAX_KEPT_FAILURES);
    expect(many[0]?.uid).toBe('new36');
  });

  test('holds each attempt once', () => {
    const known = records('a', 3, true);
    expect(withFailures(known, [record('a1', true)]).map(({ uid }) => uid)).toEqual(['a0', 'a2', 'a1']);
  });

  test('takes words of any length and codes of any size, within the bounds of the schema', () => {
    const { child } = worker(0).failed(3_221_225_477).saying('X'.repeat(999), 'm'.repeat(9999));
    const end = { uid: 'u', rank: 0, attempt: 1, kind: 'failed', child, at: at(1) } as const;
    const failures = [failureRecord(end, true)];
    expect(statusSchema.parse({ failures }).failures).toEqual(failures);
    expect(failures[0]?.exitCode).toBeUndefined();
  });
});
