import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Registry } from 'prom-client';
import { createOperatorMetrics } from '../../operator/metrics/operator-metrics.ts';
import { createWorkerMetrics } from '../../trainer/metrics/worker-metrics.ts';

const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

interface Documented {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly labels: readonly string[];
}

/** Rows `| name | type | unit | labels | meaning |` under a heading of the page. */
function documented(heading: string): readonly Documented[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [name = '', type = '', unit = '', labels = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    return {
      name: name.replaceAll('`', ''),
      type,
      unit,
      labels: [...labels.matchAll(/`([^`]+)`/g)].map(([, label]) => label ?? ''),
    };
  });
}

/** prom-client keeps the label names beside each metric, though its types do not say so. */
function declared(registry: Registry): readonly Omit<Documented, 'unit'>[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as {
      name: string;
      type: string;
      labelNames: string[];
    };
    return { name, type, labels: labelNames };
  });
}

const noBytes = {
  push: { raw: 0, wire: 0 },
  pull: { raw: 0, wire: 0 },
  barrier: 0,
  transport: { sent: 0, received: 0 },
};
const worker = createWorkerMetrics({
  rank: 0,
  jobName: 'mnist',
  jobNamespace: 'default',
  byteCounts: () => noBytes,
  processMetrics: false,
});
const operator = createOperatorMetrics({
  version: '0.1.0',
  leaseName: 'terngrad-operator',
  watched: [],
  isLeading: () => true,
  countJobs: () => [],
  processMetrics: false,
});

describe.each([
  ['Workers', worker.registry],
  ['Operator', operator.registry],
])('docs/metrics.md, %s', (heading, registry) => {
  const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);

  test('names every metric with its type and labels, and no other', () => {
    const rows = documented(heading).map(({ name, type, labels }) => ({ name, type, labels }));
    expect(rows.toSorted(byName)).toEqual(declared(registry).toSorted(byName));
  });

  test('units are those of the names', () => {
    for (const { name, unit } of documented(heading)) {
      const [, suffix] = /_(seconds|bytes|ratio|info)(?:_total)?$/.exec(name) ?? [];
      const expected = {
        seconds: /^seconds$|^Unix time, seconds$/,
        bytes: /^bytes$/,
        ratio: /^0 to 1$/,
        info: /^always 1$/,
      };
      expect(unit).toMatch(suffix === undefined ? /^[a-z0-9 ]+$/ : expected[suffix as keyof typeof expected]);
    }
  });
});
