import { expect, test } from '@jest/globals';
import type { Pod, PodStatus } from '../observe/pod.ts';
import { rank0Address } from './rank0.ts';

function pod(rank: number, attempt: number, status: PodStatus, deletionTimestamp?: string): Pod {
  return {
    metadata: {
      name: `p-${rank}-${attempt}`,
      labels: { 'terngrad.dev/rank': String(rank), 'terngrad.dev/attempt': String(attempt) },
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
    status,
  };
}

const up = (podIP: string): PodStatus => ({ phase: 'Running', podIP });
const over: PodStatus = {
  ...up('10.0.0.1'),
  containerStatuses: [{ name: 'worker', state: { terminated: { exitCode: 0 } } }],
};

test.each([
  ['no pod', [], undefined],
  ['only others', [pod(1, 1, up('10.0.0.2'))], undefined],
  ['one that runs', [pod(1, 1, up('10.0.0.2')), pod(0, 1, up('10.0.0.1'))], '10.0.0.1:7443'],
  ['an IPv6 address', [pod(0, 1, up('fd00::1'))], '[fd00::1]:7443'],
  ['a newer attempt', [pod(0, 2, up('10.0.0.3')), pod(0, 1, up('10.0.0.1'))], '10.0.0.3:7443'],
  [
    'a newer one that does not run yet',
    [pod(0, 1, up('10.0.0.1')), pod(0, 2, { phase: 'Pending' })],
    undefined,
  ],
  ['one without an address', [pod(0, 1, { phase: 'Running' })], undefined],
  ['one that has ended', [pod(0, 1, over)], undefined],
  ['one that is taken away', [pod(0, 1, up('10.0.0.1'), '2026-01-01T00:00:00Z')], undefined],
])('rank 0 is asked where there is %s', (_case, pods, expected) => {
  expect(rank0Address(pods)).toBe(expected);
});
