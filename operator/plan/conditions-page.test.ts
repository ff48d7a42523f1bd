import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { conditionReasons } from './condition-reasons.ts';

const page = await readFile(new URL('../../docs/reference/conditions.md', import.meta.url), 'utf8');

/** Type and reason of every row of the tables of conditions: their first columns are type, status and reason. */
const rows = [...page.matchAll(/^\| `(\w+)`\s*\| (?:True|False|Unknown)\s*\| `([^`]+)`/gm)].map(
  ([, type, reason]) => `${type} ${reason}`,
);

describe('docs/reference/conditions.md', () => {
  test('has a row for every condition and reason of the code, and no other', () => {
    const written = Object.entries(conditionReasons).flatMap(([type, reasons]) =>
      reasons.map((reason) => `${type} ${reason}`),
    );
    expect([...new Set(rows)].toSorted()).toEqual(written.toSorted());
  });

  test('names every event', async () => {
    const code = await readFile(new URL('events.ts', import.meta.url), 'utf8');
    const reasons = [...code.matchAll(/(?:normal|warning)\(\s*'(\w+)'/g)].map(([, reason]) => reason);
    expect(reasons.length).toBeGreaterThan(8);
    for (const reason of reasons) expect(page).toContain(`| \`${reason}\``);
  });
});
