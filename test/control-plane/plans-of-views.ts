import { setTimeout as pause } from 'node:timers/promises';
import type { ApiCall } from './api-call.ts';
import type { Fault, Plan } from './fault.ts';
import { LIFE } from './life.ts';
import type { LineFilter, Treatment } from './passage.ts';
import type { Random } from './random.ts';
import { oneOf } from './random.ts';

/** Whose view is old. */
const VIEWS = [
  ['Pods', ['pods']],
  ['TernGradJobs', ['terngradjobs']],
  ['all kinds', ['pods', 'terngradjobs', 'services', 'networkpolicies']],
] as const;
const STEPS = LIFE.map(({ name }) => name).slice(1);

/** Events of these kinds that come from a step on are held back for a while; then they come, each or merged. */
function heldBack(plurals: readonly string[], step: string, holdMs: number, merge: boolean): Fault {
  let untilMs = 0;
  return {
    beforeStep: (_trial, { name }) => {
      if (name === step) untilMs = performance.now() + holdMs;
      return Promise.resolve();
    },
    treat: (trial, { verb, plural }) => {
      if (verb !== 'watch' || !plurals.includes(plural)) return undefined;
      return (passage) => passage.stream(holding(() => untilMs, merge, () => trial.met()));
    },
  };
}

/** Lines wait in order while it is too early; those that wait together may be merged by object. */
export function holding(untilMs: () => number, merge: boolean, onHeld: () => void): LineFilter {
  return async (lines, output) => {
    let waiting: string[] = [];
    let releasing: Promise<void> | undefined;
    const release = async (): Promise<void> => {
      while (performance.now() < untilMs()) await pause(untilMs() - performance.now() + 1);
      for (const line of merge ? merged(waiting) : waiting) output.line(line);
      waiting = [];
      releasing = undefined;
    };
    for await (const line of lines) {
      if (releasing === undefined && performance.now() >= untilMs()) {
        output.line(line);
        continue;
      }
      onHeld();
      waiting.push(line);
      releasing ??= release();
    }
    await releasing;
  };
}

interface EventLine {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name?: string } };
}

/** As after a lost watch: of each object only the last that became of it, in the place of the first. */
export function merged(lines: readonly string[]): readonly string[] {
  const last = new Map<string, EventLine>();
  for (const line of lines) {
    const event = JSON.parse(line) as EventLine;
    const name = event.object.metadata.name ?? event.type;
    const before = last.get(name);
    const type = before?.type === 'ADDED' && event.type === 'MODIFIED' ? 'ADDED' : reborn(before, event);
    last.set(name, { ...event, type });
  }
  return [...last.values()].map((event) => JSON.stringify(event));
}

/** Deleted and made again: one change of what is there. */
function reborn(before: EventLine | undefined, { type }: EventLine): string {
  return before?.type === 'DELETED' && type === 'ADDED' ? 'MODIFIED' : type;
}

const late: readonly Plan[] = VIEWS.flatMap(([kinds, plurals]) =>
  STEPS.flatMap((step) =>
    [false, true].map((merge) => ({
      id: 'C4',
      fault: merge ? 'events held back, then merged' : 'events held back, then all at once',
      place: `${kinds}, from "${step}"`,
      make: (random: Random) => heldBack(plurals, step, 500 + random() * 2000, merge),
    })),
  ),
);

/**
 * Before a step the operator is killed; the next one gets lists as old as an earlier step, by the very server, and the
 * events since then a while later.
 */
function staleStart(plurals: readonly string[], step: string, asOf: string, lagMs: number): Fault {
  const versions = new Map<string, string>();
  let isStale = false;
  let untilMs = 0;
  const old = (name: string): Treatment => async (passage) => {
    const resourceVersion = versions.get(name) ?? '';
    passage.reply(await passage.forward({ resourceVersion, resourceVersionMatch: 'Exact' }));
  };
  return {
    beforeStep: async (trial, { name }) => {
      const { body } = await trial.client.get(`/api/v1/namespaces/${trial.namespace}/pods`);
      const { metadata } = body as { readonly metadata: { readonly resourceVersion: string } };
      versions.set(name, metadata.resourceVersion);
      if (name !== step) return;
      const [seat] = trial.seats;
      await seat?.kill();
      isStale = true;
      untilMs = performance.now() + lagMs;
      seat?.start();
      // The fault is over when the last of the old lists was told of what came since.
      await pause(lagMs);
    },
    treat: (trial, call: ApiCall) => {
      if (!isStale || !plurals.includes(call.plural)) return undefined;
      if (call.verb === 'watch') return (passage) => passage.stream(holding(() => untilMs, false, () => {}));
      if (call.verb !== 'list' || performance.now() > untilMs) return undefined;
      trial.met();
      return old(asOf);
    },
  };
}

const STALE_PLANS = 16;
/** The ones that are known to be dangerous: what was taken away, or has ended, is still there in the old list. */
const DANGEROUS = [
  ['resumed', 'suspended'],
  ['worker ended', 'running again'],
  ['resumed', 'rank 0 lost'],
] as const;

const stale: readonly Plan[] = [
  ...VIEWS.flatMap(([kinds, plurals]) =>
    DANGEROUS.map(([step, asOf]) => ({
      id: 'C3',
      fault: `restart on lists as old as "${asOf}"`,
      place: `${kinds}, before "${step}"`,
      make: (random: Random) => staleStart(plurals, step, asOf, 2_000 + random() * 1500),
    })),
  ),
  ...Array.from({ length: STALE_PLANS }, (_item, index) => ({
    id: 'C3',
    fault: 'restart on lists of an earlier step',
    place: `drawn by the seed, ${index + 1}`,
    make: (random: Random) => {
      const step = 2 + Math.floor(random() * (LIFE.length - 2));
      const asOf = 1 + Math.floor(random() * (step - 1));
      const [, plurals] = oneOf(VIEWS, random);
      const nameAt = (at: number): string => LIFE[at]?.name ?? '';
      return staleStart(plurals, nameAt(step), nameAt(asOf), 2_000 + random() * 1500);
    },
  })),
];

export const views: readonly Plan[] = [...late, ...stale];
