import { eventually } from './eventually.ts';
import type { Fault, Plan, Trial } from './fault.ts';
import { LIFE } from './life.ts';
import { holding } from './held-events.ts';
import type { Treatment } from './passage.ts';
import type { Random } from './random.ts';
import { oneOf } from './random.ts';

/** Whose view is old. */
const VIEWS = [
  ['Pods', ['pods']],
  ['TernGradJobs', ['terngradjobs']],
  ['all kinds', ['pods', 'terngradjobs', 'services', 'networkpolicies']],
] as const;
const STEPS = LIFE.map(({ name }) => name).slice(1);

/** From the first event of these kinds after a step began all are held back for a while; then they come, each or merged. */
function heldBack(plurals: readonly string[], step: string, holdMs: number, merge: boolean): Fault {
  let isDue = false;
  let heldUntilMs = 0;
  const untilMs = (): number => {
    if (isDue) heldUntilMs = performance.now() + holdMs;
    isDue = false;
    return heldUntilMs;
  };
  return {
    beforeStep: (_trial, { name }) => {
      isDue ||= name === step;
      return Promise.resolve();
    },
    treat: (trial, { verb, plural }) => {
      if (verb !== 'watch' || !plurals.includes(plural)) return undefined;
      return (passage) => passage.stream(holding(untilMs, merge, () => trial.met()));
    },
  };
}

const late: readonly Plan[] = VIEWS.flatMap(([kinds, plurals]) =>
  STEPS.map((step) => ({
    id: 'C4',
    fault: 'events held back for 0.5 to 2.5 s, then sent one by one or merged',
    place: `${kinds}, from "${step}"`,
    make: (random: Random) => heldBack(plurals, step, 500 + random() * 2000, random() < 0.5),
  })),
);

/**
 * Before a step the operator is killed; the next one gets lists as old as an earlier step, by the very server, and the
 * events since then a while later.
 */
function staleStart(plurals: readonly string[], step: string, asOf: string, lagMs: number): Fault {
  const versions = new Map<string, string>();
  const served = new Set<string>();
  let isStale = false;
  let untilMs = 0;
  const treatList =
    (trial: Trial, plural: string): Treatment =>
    async (passage) => {
      const resourceVersion = versions.get(asOf) ?? '';
      passage.reply(await passage.forward({ resourceVersion, resourceVersionMatch: 'Exact' }));
      served.add(plural);
      if (served.size < plurals.length) return;
      trial.met();
      untilMs = performance.now() + lagMs;
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
      untilMs = Infinity;
      seat?.start();
      // The step begins when the operator has heard what came since.
      await eventually(
        'the lag is over',
        () => (performance.now() > untilMs ? undefined : `lists of ${[...served].join(', ')}`),
        LISTED_WITHIN_MS,
      );
    },
    treat: (trial, { verb, plural }) => {
      if (!isStale || !plurals.includes(plural)) return undefined;
      if (verb === 'watch')
        return (passage) =>
          passage.stream(
            holding(
              () => untilMs,
              false,
              () => {},
            ),
          );
      return verb === 'list' && !served.has(plural) ? treatList(trial, plural) : undefined;
    },
  };
}

const LISTED_WITHIN_MS = 60_000;
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
      mayRepeatEvents: true,
      make: (random: Random) => staleStart(plurals, step, asOf, 1_000 + random() * 1500),
    })),
  ),
  ...Array.from({ length: STALE_PLANS }, (_item, index) => ({
    id: 'C3',
    fault: 'restart on lists of an earlier step',
    place: `drawn by the seed, ${index + 1}`,
    mayRepeatEvents: true,
    make: (random: Random) => {
      const step = 2 + Math.floor(random() * (LIFE.length - 2));
      const asOf = 1 + Math.floor(random() * (step - 1));
      const [, plurals] = oneOf(VIEWS, random);
      const nameAt = (at: number): string => LIFE[at]?.name ?? '';
      return staleStart(plurals, nameAt(step), nameAt(asOf), 1_000 + random() * 1500);
    },
  })),
];

export const views: readonly Plan[] = [...late, ...stale];
