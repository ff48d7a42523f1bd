import { expect, test } from '@jest/globals';
import { createWorkerMetrics, type ByteCounts } from './worker-metrics.ts';

function fixture(counts: ByteCounts) {
  return createWorkerMetrics({
    rank: 1,
    jobName: 'mnist',
    jobNamespace: 'team-a',
    byteCounts: () => counts,
    processMetrics: false,
  });
}

const noBytes: ByteCounts = {
  push: { raw: 0, wire: 0 },
  pull: { raw: 0, wire: 0 },
  barrier: 0,
  transport: { sent: 0, received: 0 },
};

/** The value of the one series with these labels, whatever the order in which they are printed. */
function valueOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const all: Record<string, string> = { terngradjob: 'mnist', namespace: 'team-a', rank: '1', ...labels };
  const line = text.split('\n').find((candidate) => {
    if (!candidate.startsWith(`${name}{`)) return false;
    const printed = candidate.slice(name.length + 1, candidate.lastIndexOf('}')).split(',');
    return (
      printed.length === Object.keys(all).length &&
      Object.entries(all).every(([label, value]) => printed.includes(`${label}="${value}"`))
    );
  });
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
}

test('every phase has a series before the first step, so that rates start at zero', async () => {
  const text = await fixture(noBytes).registry.metrics();
  for (const phase of ['compute', 'encode', 'barrier', 'push', 'pull', 'apply']) {
    expect(valueOf(text, 'terngrad_step_duration_seconds_count', { phase })).toBe(0);
  }
});

test.each([
  'terngrad_loss',
  'terngrad_last_step_timestamp_seconds',
  'terngrad_test_loss',
  'terngrad_test_accuracy_ratio',
])('%s has no value before there is one to tell', async (name) => {
  expect(await fixture(noBytes).registry.metrics()).not.toMatch(new RegExp(`^${name}\\{`, 'm'));
});

test('a confirmed step is counted once, in seconds and examples', async () => {
  const metrics = fixture(noBytes);
  metrics.stepConfirmed({
    phases: { compute: 20, encode: 1, barrier: 2, push: 3, pull: 4, apply: 5 },
    samples: 32,
    meanLoss: 0.25,
    finishedAtSeconds: 1_700_000_000,
  });
  const text = await metrics.registry.metrics();
  expect(valueOf(text, 'terngrad_steps_total')).toBe(1);
  expect(valueOf(text, 'terngrad_samples_total')).toBe(32);
  expect(valueOf(text, 'terngrad_loss')).toBe(0.25);
  expect(valueOf(text, 'terngrad_step_duration_seconds_sum', { phase: 'compute' })).toBe(0.02);
});

test('byte counters show the exchange counts of the moment of the scrape, not their sum over scrapes', async () => {
  const metrics = fixture({
    push: { raw: 1000, wire: 50 },
    pull: { raw: 1000, wire: 90 },
    barrier: 7,
    transport: { sent: 200, received: 210 },
  });
  await metrics.registry.metrics();
  const text = await metrics.registry.metrics();
  expect(valueOf(text, 'terngrad_gradient_bytes_total', { direction: 'push', kind: 'wire' })).toBe(50);
  expect(valueOf(text, 'terngrad_gradient_bytes_total', { direction: 'pull', kind: 'raw' })).toBe(1000);
  expect(valueOf(text, 'terngrad_barrier_bytes_total')).toBe(7);
  expect(valueOf(text, 'terngrad_transport_bytes_total', { direction: 'received' })).toBe(210);
});
