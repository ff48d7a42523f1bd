import { expect, jest, test } from '@jest/globals';
import { createAuthority } from '../../operator/pki/authority.ts';
import { asItIs, openControl } from './control.ts';
import { gatedProgram } from './gate.ts';
import { withLooseJob, type LooseJob } from './loose-workers.ts';
import { runJob } from './run-job.ts';
import { smallJob } from './small-job.ts';
import { askToJoin, knock, knockWithoutTls, type Treatment } from './stranger.ts';

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const MEGABYTE = 1 << 20;

interface Stranger {
  readonly knocks: (loose: LooseJob) => Promise<Treatment>;
  readonly is: Treatment;
}

const strangers: Readonly<Record<string, Stranger>> = {
  'one who speaks without TLS': {
    knocks: ({ coordinatorPort }) => knockWithoutTls(coordinatorPort),
    is: 'refused',
  },
  'one who sends a megabyte of anything': {
    knocks: ({ coordinatorPort }) => knockWithoutTls(coordinatorPort, Buffer.alloc(MEGABYTE, 7)),
    is: 'refused',
  },
  'one without a certificate': {
    knocks: ({ coordinatorPort }) => knock(coordinatorPort),
    is: 'refused',
  },
  'rank 1 by the word of another authority of the same name': {
    async knocks(loose) {
      const impostor = await createAuthority('test', { notAfter: new Date(Date.now() + HOUR_MS) });
      return knock(loose.coordinatorPort, await loose.leafFor(loose.identity(1), impostor));
    },
    is: 'refused',
  },
  'rank 1 with an expired certificate': {
    async knocks(loose) {
      const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() - 1000) };
      const expired = await loose.leafFor(loose.identity(1), loose.authority, validity);
      return knock(loose.coordinatorPort, expired);
    },
    is: 'refused',
  },
  'rank 1 over TLS 1.2': {
    knocks: async (loose) =>
      knock(loose.coordinatorPort, await loose.leafFor(loose.identity(1)), { maxVersion: 'TLSv1.2' }),
    is: 'refused',
  },
  'rank 1 of another job of the same authority': {
    knocks: async (loose) =>
      knock(loose.coordinatorPort, await loose.leafFor({ ...loose.identity(1), jobUid: 'another-job' })),
    is: 'refused',
  },
  'a second rank 0': {
    knocks: async (loose) => knock(loose.coordinatorPort, await loose.leafFor(loose.identity(0))),
    is: 'refused',
  },
  'a rank that the job does not have': {
    knocks: async (loose) => knock(loose.coordinatorPort, await loose.leafFor(loose.identity(2))),
    is: 'refused',
  },
  'the operator, who is let in, but asks to join': {
    knocks: async (loose) =>
      askToJoin(
        loose.coordinatorPort,
        await loose.leafFor({ kind: 'operator' }),
        loose.authority.certificate,
      ),
    is: 'denied',
  },
  'rank 1 itself, who is let in': {
    knocks: async (loose) => knock(loose.coordinatorPort, await loose.leafFor(loose.identity(1))),
    is: 'answered',
  },
};

test('no unauthenticated peer changes state', async () => {
  const undisturbed = await runJob(smallJob());
  await withLooseJob(smallJob({ program: gatedProgram(3) }), async (loose) => {
    loose.start(0);
    loose.start(1);
    await loose.atGate();
    const control = await openControl(loose);
    const before = await control.progress(asItIs);

    const treatments = await Promise.all(
      Object.entries(strangers).map(async ([name, { knocks }]) => [name, await knocks(loose)]),
    );
    expect(Object.fromEntries(treatments)).toEqual(
      Object.fromEntries(Object.entries(strangers).map(([name, { is }]) => [name, is])),
    );

    expect(await control.progress(asItIs)).toEqual(before);
    control.close();
    loose.openGate();
    const [weightsHash] = undisturbed.result.weightsHashes;
    const asUndisturbed = { exitCode: 0, message: { reason: 'Completed', weightsHash } };
    expect(await loose.ended()).toMatchObject([asUndisturbed, asUndisturbed]);
  });
});
