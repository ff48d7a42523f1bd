import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { ResolvedJob } from '../../crds/job.ts';
import { at, job } from './testing/builders.ts';
import { Simulation } from './testing/simulation.ts';
import { isLive } from './worker-child.ts';

/** What may happen between two looks, by hand, by the surroundings, or to the operator itself. */
type Happening =
  | { readonly kind: 'run' | 'sweep' | 'crash' | 'nothing' | 'suspend' | 'resume' }
  | { readonly kind: 'fail'; readonly rank: number; readonly exitCode: number }
  | { readonly kind: 'succeed' | 'delete' | 'vanish' | 'removeEnded'; readonly rank: number };

const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Happening>({ kind: 'run' }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      rank: fc.nat(2),
      exitCode: fc.constantFrom(1, 69, 69, 70, 75, 76, 137),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('delete' as const, 'vanish' as const, 'removeEnded' as const),
      rank: fc.nat(2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Happening>(
      { kind: 'sweep' },
      { kind: 'crash' },
      { kind: 'nothing' },
      { kind: 'suspend' },
      { kind: 'resume' },
    ),
  },
);

/** The same, and now and then a worker ends well. */
const anyHistoryWithAnEnd = fc
  .tuple(fc.array(fc.tuple(anyHappening, fc.nat(90)), { maxLength: 20 }), fc.nat(2))
  .chain(([before, rank]) =>
    fc
      .array(fc.tuple(anyHappening, fc.nat(90)), { maxLength: 20 })
      .map((after) => [...before, [{ kind: 'succeed', rank }, 5] as [Happening, number], ...after]),
  );

const anyHistory = fc.array(fc.tuple(anyHappening, fc.nat(90)), { minLength: 5, maxLength: 40 });

const jobs = [
  job(3, 'failurePolicy: {backoffLimit: 6}'),
  job(3, 'failurePolicy: {backoffLimit: 50, backoff: {initialSeconds: 1, maxSeconds: 20}}'),
  job(3, 'failurePolicy: {backoffLimit: 50, rules: [{action: restartAll, exitCodes: [70]}]}'),
  job(3, 'failurePolicy: {backoffLimit: 50, rules: [{action: ignore, exitCodes: [1]}]}'),
];

/** Lives through a history; calls `check` after every look. */
function live(
  one: ResolvedJob,
  history: readonly (readonly [Happening, number])[],
  check: (run: Simulation) => void,
) {
  const run = new Simulation({ job: one });
  let { suspend } = one.spec;
  let second = 0;
  for (const [happening, pause] of history) {
    if (happening.kind === 'suspend') suspend = true;
    if (happening.kind === 'resume') suspend = false;
    const change = { job: { ...one, spec: { ...one.spec, suspend } } };
    happen(run, happening, second);
    if (happening.kind === 'crash') {
      // The operator died between making workers and storing why.
      const { start } = run.preview(second, change);
      run.carryOut({ ...run.preview(second, change), start, stop: [], remove: [] }, second);
    }
    run.look(second, change);
    check(run);
    second += pause;
  }
  return { run, second };
}

function happen(run: Simulation, happening: Happening, second: number): void {
  switch (happening.kind) {
    case 'run':
      run.run(second);
      return;
    case 'sweep':
      run.sweep();
      return;
    case 'fail':
      if (run.live.some((key) => key.startsWith(`${happening.rank}/`))) {
        run.fail(happening.rank, happening.exitCode, second);
      }
      return;
    case 'succeed':
      if (run.live.some((key) => key.startsWith(`${happening.rank}/`))) {
        const change = { phase: 'succeeded', ready: false, exitCode: 0, finishedAt: at(second) } as const;
        run.change(happening.rank, change);
      }
      return;
    case 'delete':
      run.change(happening.rank, { deleting: true });
      return;
    case 'vanish':
      run.children = run.children.filter((child) => child.rank !== happening.rank);
      return;
    case 'removeEnded':
      run.children = run.children.filter((child) => child.rank !== happening.rank || isLive(child));
      return;
    case 'crash':
    case 'nothing':
    case 'suspend':
    case 'resume':
  }
}

describe('through any history, with crashes of the operator, a job', () => {
  test('has at most one live attempt per rank that nobody takes away, and never more than wanted', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jobs), anyHistory, (one, history) => {
        live(one, history, (run) => {
          const ranks = run.live.map((key) => key.split('/')[0]);
          expect(new Set(ranks).size).toBe(ranks.length);
          expect(ranks.length).toBeLessThanOrEqual(one.spec.workers.replicas);
        });
      }),
    );
  });

  test('counts every failure once: the count is that of the counted attempts', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jobs), anyHistory, (one, history) => {
        const counted = new Map<string, boolean>();
        const { run } = live(one, history, ({ status }) => {
          for (const { uid, counted: counts } of status?.failures ?? []) {
            expect(counted.get(uid) ?? counts).toBe(counts);
            counted.set(uid, counts);
          }
        });
        expect(run.status?.failureCount).toBe([...counted.values()].filter(Boolean).length);
      }),
    );
  });

  test('never goes back: attempts and counts only grow, and the end is the end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jobs), anyHistory, (one, history) => {
        let before = { attempts: new Map<number, number>(), failures: 0, restarts: 0, end: '' };
        live(one, history, ({ status }) => {
          const attempts = new Map(status?.ranks?.map(({ rank, attempt }) => [rank, attempt]));
          for (const [rank, attempt] of before.attempts) {
            expect(attempts.get(rank)).toBeGreaterThanOrEqual(attempt);
          }
          const { failureCount = 0, restarts = 0, completionTime = '' } = status ?? {};
          expect(failureCount).toBeGreaterThanOrEqual(before.failures);
          expect(restarts).toBeGreaterThanOrEqual(before.restarts);
          if (before.end !== '') expect(completionTime).toBe(before.end);
          before = { attempts, failures: failureCount, restarts, end: completionTime };
        });
      }),
    );
  });

  test('of which a worker ended with 0 never trains again, and comes to an end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jobs), anyHistoryWithAnEnd, (one, history) => {
        let attemptsAtProof: string | undefined;
        const { run, second } = live(one, history, ({ status }) => {
          const isProved = status?.ranks?.some(({ state }) => state === 'succeeded') ?? false;
          const attempts = JSON.stringify(status?.ranks?.map(({ attempt }) => attempt));
          if (isProved) attemptsAtProof ??= attempts;
          if (attemptsAtProof !== undefined) expect(attempts).toBe(attemptsAtProof);
        });
        fc.pre(attemptsAtProof !== undefined);
        run.look(second + 60);
        expect(['Succeeded', 'Failed']).toContain(run.status?.state);
      }),
    );
  });

  test('that is left alone comes to rest: all workers run, or it is over, or suspended', () => {
    fc.assert(
      fc.property(fc.constantFrom(...jobs), anyHistory, (one, history) => {
        const { run, second } = live(one, history, () => undefined);
        for (let later = 0; later < 20; later += 1) {
          run.sweep();
          run.run(second + later * 60);
          run.look(second + later * 60);
        }
        expect(['Running', 'Failed']).toContain(run.status?.state);
        const written = run.writes;
        const { statusChange, start, stop, remove } = run.look(second + 20 * 60);
        expect({ statusChange, start, stop, remove }).toEqual({
          statusChange: 'none',
          start: [],
          stop: [],
          remove: [],
        });
        expect(run.writes).toBe(written);
      }),
    );
  });
});
