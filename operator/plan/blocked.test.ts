import { describe, expect, test } from '@jest/globals';
import { blockageOf, blockageText, workersText } from './blocked.ts';
import { plan } from './plan.ts';
import { ranksOf } from './ranks.ts';
import { at, children, job, worker } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';

const unschedulable = worker(1).waiting('Unschedulable', '0/3 nodes are available', at(10));
const quota = { reason: 'ChildRefused', message: 'pods "x" is forbidden: exceeded quota', since: at(3) };

describe('what is in the way', () => {
  test('a wait is told after a moment, and looked at then', () => {
    const ranks = ranksOf([], children(worker(0).running(), unschedulable), 2);
    expect(blockageOf(ranks, [], at(12))).toEqual({ obstacles: [], nextLookAt: at(15) });
    expect(blockageOf(ranks, [], at(15)).obstacles).toMatchObject([{ rank: 1, reason: 'Unschedulable' }]);
  });

  test('a refusal is told at once, in the words of the API server', () => {
    const { status, start } = plan({ job: job(2), obstacles: [quota] }, [], at(3));
    expect(status.state).toBe('Pending');
    expect(status.conditions?.find(({ type }) => type === 'Blocked')).toMatchObject({
      status: 'True',
      reason: 'ChildRefused',
      message: quota.message,
    });
    expect(start).toHaveLength(2);
  });

  test('a worker that runs, is taken away or is not wanted is not waited for', () => {
    const seen = children(
      worker(0).waiting('Unschedulable', 'x', at(0)).running(),
      worker(1).waiting('Unschedulable', 'x', at(0)).deleting(),
      worker(2).waiting('Unschedulable', 'x', at(0)),
    );
    expect(blockageOf(ranksOf([], seen, 2), [], at(100))).toEqual({ obstacles: [] });
  });

  test('the condition goes away with its cause, and each is told once', () => {
    const run = new Simulation({ job: job(1) });
    run.look(0);
    run.change(0, { waiting: { reason: 'ImagePullBackOff', message: 'no such image', since: at(0) } });
    for (const second of [1, 6, 7]) run.look(second);
    expect(run.status).toMatchObject({
      state: 'Pending',
      ranks: [{ reason: 'ImagePullBackOff', message: 'no such image' }],
    });
    run.run(8);
    run.look(8);
    expect(run.status?.conditions?.find(({ type }) => type === 'Blocked')).toMatchObject({
      status: 'False',
      reason: 'NothingInTheWay',
    });
    expect(run.events).toEqual(['JobBlocked', 'JobRunning']);
  });

  test('equal words of several workers are said once, and a long list is cut', () => {
    const since = at(0);
    const same = [1, 2, 5].map((rank) => ({ rank, reason: 'Unschedulable', message: 'no node', since }));
    const others = ['a', 'b', 'c', 'd'].map((message) => ({ reason: 'ChildRefused', message, since }));
    expect(blockageText(same)).toBe('workers 1, 2, 5: no node');
    expect(blockageText([...same, ...others])).toBe('workers 1, 2, 5: no node; a; b; and 2 more');
    expect(workersText(Array.from({ length: 500 }, (_, rank) => rank))).toBe(
      'workers 0, 1, 2, 3, 4, 5, 6, 7 and 492 more',
    );
  });
});
