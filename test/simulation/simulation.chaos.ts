import { afterAll, describe, expect, test } from '@jest/globals';
import { writeMatrix } from './reliability-page.ts';
import type { GroupResult } from './reliability-page.ts';
import { runGroup } from './run-group.ts';
import { GROUPS } from './schedules.ts';

const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const only = new RegExp(process.env['CHAOS_ONLY'] ?? '');
const results: GroupResult[] = [];

console.log(`seed ${seed}`);

describe.each(GROUPS)('$id: $about', (group) => {
  test('every schedule ends with the state of the undisturbed run, and breaks no invariant', async () => {
    const { count, wrong } = await runGroup(group, seed, only);
    if (count > 0) results.push({ ...group, count, failed: wrong.length });
    expect(wrong.slice(0, 3).join('\n')).toBe('');
  }, 600_000);
});

afterAll(() => {
  // A part of the schedules says nothing of the others.
  if (process.env['CHAOS_ONLY'] === undefined && results.length === GROUPS.length) writeMatrix(results, seed);
});
