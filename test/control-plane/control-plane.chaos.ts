import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import { type RunningApiServer, startApiServer } from '../integration/api-server.ts';
import { bundleOperator, type OperatorProgram } from '../integration/controller-operator.ts';
import { describeOnApiServer, START_LIMIT_MS } from '../integration/suite.ts';
import type { Verdict } from './campaign.ts';
import { AT_ONCE, runAll } from './campaign.ts';
import { upstreamOf } from './fault-proxy.ts';
import { answers } from './plans-of-answers.ts';
import { crashes } from './plans-of-crashes.ts';
import { leaders } from './plans-of-leaders.ts';
import { leases } from './plans-of-leases.ts';
import { views } from './plans-of-views.ts';
import { watches } from './plans-of-watches.ts';
import { writeMatrix } from './reliability-page.ts';
import { latestResults, nameOf } from './results.ts';
import { randomOf } from './random.ts';
import { type LifeRecord, live, type Surroundings } from './trial.ts';
import { SOMETIMES, WRITES } from './writes.ts';

const DAY_MS = 24 * 3600_000;
const MINUTE_MS = 60_000;
const budgetMs = Number(process.env['CHAOS_MINUTES'] ?? 8) * MINUTE_MS;
/** Of all tests together: each waits for its turn. The longest lives are the first to be lived. */
const LIMIT_MS = budgetMs + 5 * MINUTE_MS;
const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const only = new RegExp(process.env['CHAOS_ONLY'] ?? '');
const everything = [...leaders, ...leases, ...watches, ...views, ...answers, ...crashes];
const plans = everything.filter((plan) => only.test(nameOf(plan)));

console.log(
  `seed ${seed}; ${plans.length} lives, ${AT_ONCE} at once, none begun after ${budgetMs / MINUTE_MS} minutes`,
);

describeOnApiServer('The operator under faults of its control plane', () => {
  const folder = mkdtempSync(join(tmpdir(), 'terngrad-chaos-'));
  let server: RunningApiServer | undefined;
  let program: OperatorProgram | undefined;
  let surroundings: Surroundings;
  let reference: LifeRecord;
  let sinceMs: number;
  let verdicts: ReadonlyMap<unknown, Promise<Verdict>>;

  beforeAll(async () => {
    server = await startApiServer();
    program = await bundleOperator();
    const validity = { notAfter: new Date(Date.now() + DAY_MS) };
    const authority = await createAuthority('proxy', validity);
    const identity = { kind: 'operator' } as const;
    const certificate = await issueLeaf(authority, { identity, ipAddresses: ['127.0.0.1'], validity });
    const { kubeconfig } = server;
    const upstream = upstreamOf(kubeconfig);
    const proxy = { kubeconfig, upstream, certificate, authority: authority.certificate };
    surroundings = { client: server.client, program, folder, proxy };
    reference = await live(surroundings, { number: 1, fault: {}, random: randomOf(seed, 'reference') });
    sinceMs = performance.now();
    verdicts = runAll(plans, reference, surroundings, seed, budgetMs);
  }, 2 * START_LIMIT_MS);
  afterAll(async () => {
    await program?.remove();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  test(
    'the reference run has just the writes that get faults, and a second one ends the same',
    async () => {
      const writes = reference.writes.filter((place) => !SOMETIMES.includes(place));
      expect(writes.toSorted()).toEqual(WRITES.toSorted());
      // Its milestones and its end are held against the first one's.
      const again = await live(surroundings, {
        number: 2,
        fault: {},
        random: randomOf(seed, 'again'),
        reference,
      });
      expect(again.events).toEqual(reference.events);
    },
    LIMIT_MS,
  );

  afterAll(() => {
    const minutes = (performance.now() - sinceMs) / MINUTE_MS;
    console.log(`${plans.length} lives took ${minutes.toFixed(1)} minutes`);
    const results = latestResults(everything.map(nameOf));
    if (results === undefined)
      console.log('not all plans have been run, so docs/reliability.md stays as it is');
    else writeMatrix(results);
  });

  describe('comes to the same end as without the fault, with as many objects made and deleted', () => {
    test.each(plans.map((plan) => [nameOf(plan), plan] as const))(
      '%s',
      async (_name, plan) => {
        const verdict = await verdicts.get(plan);
        if (verdict?.failure !== undefined) throw new Error(verdict.failure);
      },
      LIMIT_MS,
    );
  });
});
