import { describe, expect, jest, test } from '@jest/globals';
import { ExitCode } from '../../crds/exit-codes.ts';
import { createAuthority, type Authority } from '../../operator/pki/authority.ts';
import { gatedProgram } from './gate.ts';
import { withLooseJob, type EndedWorker, type LooseJob } from './loose-workers.ts';
import { keepMessages, runJob, withRun } from './run-job.ts';
import { programFile, smallJob, type SpecChange } from './small-job.ts';
import { until } from './until.ts';

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const { badConfiguration, internal, peerLost, stopped } = ExitCode;

function ended(exitCode: number, reason: string, message: RegExp): object {
  return { exitCode, message: { exitCode, reason, message: expect.stringMatching(message) } };
}

/** Covers the start of a worker on a busy computer, since the budget for loading is the same. */
const FORMATION = { formationSeconds: 10 } as const;

describe('every wait has a deadline', () => {
  test('formation: who is alone ends with 69 and names who never came; and the data must arrive', async () => {
    const alone = (rank: number, program?: SpecChange['program']): Promise<readonly EndedWorker[]> =>
      withLooseJob(smallJob({ exchange: FORMATION, ...(program && { program }) }), async (loose) => {
        loose.start(rank);
        return loose.ended();
      });
    const endlessData = { path: programFile('faulty'), parameters: { fault: 'endlessLoadData' } };
    expect(await Promise.all([alone(0), alone(1), alone(0, endlessData)])).toMatchObject([
      [ended(peerLost, 'PeerLost', /^lost rank 1 in formation/)],
      [ended(peerLost, 'PeerLost', /^lost rank 0 in formation.*could not be reached/)],
      [ended(internal, 'ComputeHung', /compute thread .* within 10\.0 s.*formationSeconds/)],
    ]);
  });

  test('a step: a frozen process is named by the others; when it goes on, so does training, with nobody replaced', async () => {
    const program = gatedProgram(3);
    const weightsHash = await undisturbedHash(2);
    await withLooseJob(smallJob({ program, exchange: { peerLossSeconds: 4 } }), async (loose) => {
      const [zero, one] = [loose.start(0), loose.start(1)];
      await loose.atGate();
      one.signal('SIGSTOP');
      loose.openGate();
      await until(
        'rank 0 names rank 1',
        () => zero.output.includes('the next one forms: lost rank 1 in barrier'),
        () => zero.output,
      );
      one.signal('SIGCONT');
      const done = { exitCode: 0, message: { reason: 'Completed', weightsHash } };
      expect(await loose.ended()).toMatchObject([done, done]);
    });
  });

  test('a step: a worker whose compute thread hangs says so, ends, and is replaced', async () => {
    const program = { path: programFile('faulty'), parameters: { fault: 'hang', rank: 1 } };
    const { exitCode, err, result } = await runJob(
      smallJob({ program, exchange: { stepDeadlineSeconds: 4 } }),
    );
    expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
    expect(err).toMatch(/compute thread .* within 3\.6 s.*stepDeadlineSeconds/);
    expect(err).toContain(`worker 1 ended with code ${internal} (ComputeHung)`);
    const weightsHash = await undisturbedHash(2, { path: programFile('faulty') });
    expect(result.weightsHashes).toEqual([weightsHash, weightsHash]);
  });

  test.each<[string, SpecChange, number, string, RegExp]>([
    [
      'activeDeadlineSeconds',
      { activeDeadlineSeconds: 3 },
      stopped,
      'ActiveDeadlineExceeded',
      /^the job ran longer than activeDeadlineSeconds \(3\)/,
    ],
    [
      'progressDeadlineSeconds',
      { progressDeadlineSeconds: 3 },
      peerLost,
      'ProgressDeadlineExceeded',
      /^no (step after step 2|worker reported any progress) for progressDeadlineSeconds \(3\)/,
    ],
  ])('the job: %s', async (_, deadline, exitCode, reason, message) => {
    await withRun(smallJob({ program: gatedProgram(3), ...deadline }), async (run) => {
      await run.printed(reason);
      run.openGate();
      const end = await run.ended();
      expect(end).toMatchObject({ exitCode, result: { phase: 'Failed', reason } });
      expect(end.result.message).toMatch(message);
    });
  });
});

describe('certificates', () => {
  const otherAuthority = (): Promise<Authority> =>
    createAuthority('test', { notAfter: new Date(Date.now() + HOUR_MS) });

  test.each<[string, (loose: LooseJob) => Promise<void>, RegExp]>([
    [
      'from another authority than its ca.crt',
      async (loose) =>
        loose.useCertificate(1, await loose.leafFor(loose.identity(1)), (await otherAuthority()).certificate),
      /tls\.crt was not issued by any authority in ca\.crt/,
    ],
    [
      'expired',
      async (loose) => {
        const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() - 1000) };
        await loose.useCertificate(1, await loose.leafFor(loose.identity(1), loose.authority, validity));
      },
      /tls\.crt expired at/,
    ],
    [
      'of another rank',
      async (loose) => loose.useCertificate(1, await loose.leafFor(loose.identity(0))),
      /tls\.crt is for .*rank\/0, this worker is .*rank\/1/,
    ],
  ])('one that is wrong in itself, %s, ends its worker with 64 at once', async (_, spoil, message) => {
    await withLooseJob(smallJob({ exchange: FORMATION }), async (loose) => {
      await spoil(loose);
      loose.start(1);
      expect(await loose.ended()).toMatchObject([ended(badConfiguration, 'HandshakeRefused', message)]);
    });
  });

  test('a worker of another authority never joins: all end with 69, and it says that the certificate is why', async () => {
    const [zero, one] = await foreignWorker();
    expect(zero).toMatchObject(ended(peerLost, 'PeerLost', /^lost rank 1 in formation/));
    // Its last attempts, after rank 0 gave up, are only refused: the first ones tell why.
    expect(one).toMatchObject(
      ended(peerLost, 'PeerLost', /^lost rank 0 in formation.*self-signed certificate.*of one authority/),
    );
  });

  /** How rank 0 and a foreign rank 1 end. */
  function foreignWorker(): Promise<readonly EndedWorker[]> {
    return withLooseJob(smallJob({ exchange: FORMATION }), async (loose) => {
      const other = await otherAuthority();
      await loose.useCertificate(1, await loose.leafFor(loose.identity(1), other), other.certificate);
      for (const rank of [0, 1]) loose.start(rank);
      return loose.ended();
    });
  }
});

describe('a worker that is killed is replaced, and the others wait for it: the final weights are as if nothing had happened', () => {
  test.each([1, 0])('rank %i of 3', async (rank) => {
    const replicas = 3;
    const workers = { replicas, backend: 'cpu' } as const;
    const weightsHash = await undisturbedHash(replicas);
    await withRun(smallJob({ program: gatedProgram(3), workers }), async (run) => {
      await run.atGate();
      process.kill(run.sandbox.pidOf(rank), 'SIGKILL');
      run.openGate();
      const { exitCode, err, result } = await run.ended();
      expect({ exitCode, err }).toMatchObject({ exitCode: 0 });
      expect(result).toMatchObject({
        phase: 'Succeeded',
        weightsHashes: [weightsHash, weightsHash, weightsHash],
      });
      expect(err).toContain(`worker ${rank} ended with code ${128 + 9} (WorkerKilled)`);
      const startsOf = (one: number): number =>
        err.split('\n').filter((line) => line.startsWith(`[${one}] `) && line.includes('the model is ready'))
          .length;
      expect([0, 1, 2].map(startsOf)).toEqual([0, 1, 2].map((one) => (one === rank ? 2 : 1)));
    });
  });
});

/** What the small job comes to with so many workers. */
async function undisturbedHash(replicas: number, program?: SpecChange['program']): Promise<string> {
  const workers = { replicas, backend: 'cpu' } as const;
  const { exitCode, err, result } = await runJob(smallJob({ workers, ...(program && { program }) }));
  const [weightsHash] = result.weightsHashes;
  if (exitCode !== 0 || typeof weightsHash !== 'string')
    throw new Error(`the undisturbed run has failed\n${err}`);
  return weightsHash;
}

describe('a stop', () => {
  /** Long enough that it never ends by itself. */
  const endless = smallJob({ program: gatedProgram(3), training: { steps: 100_000 } });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s to the command ends it with 75, all workers with the same weights, and leaves nothing',
    async (signal) => {
      await withRun(endless, async (run) => {
        await run.atGate();
        run.signal(signal);
        await run.printed('stopping the workers');
        run.openGate();
        const { exitCode, result } = await run.ended();
        expect({ exitCode, ...result }).toMatchObject({
          exitCode: stopped,
          phase: 'Failed',
          reason: 'Stopped',
        });
        const [weights, others] = result.weightsHashes;
        expect(weights).toMatch(/^[0-9a-f]{64}$/);
        expect(others).toBe(weights);
      });
    },
  );

  test('of one worker, which somebody at this computer must have wanted, stops all at the same step', async () => {
    await withRun(
      endless,
      async (run) => {
        await run.atGate();
        process.kill(run.sandbox.pidOf(1), 'SIGTERM');
        run.openGate();
        const { exitCode, messages } = await run.ended();
        expect(exitCode).toBe(stopped);
        const [first] = messages;
        expect(first).toMatchObject({ exitCode: stopped });
        // Who leaves knows the weights that it leaves with; the other one waits for a successor when it is stopped.
        expect(messages[1]).toMatchObject({
          exitCode: stopped,
          steps: first?.steps,
          weightsHash: expect.any(String),
        });
      },
      keepMessages,
    );
  });

  test('before the workers have met ends them all the same', async () => {
    const job = smallJob({ workers: { replicas: 2, backend: 'cpu' } });
    await withRun(job, async (run) => {
      await run.printed('2 workers starting');
      run.signal('SIGINT');
      expect((await run.ended()).exitCode).toBe(stopped);
    });
  });

  test('by killing the command leaves no worker', async () => {
    await withRun(endless, async (run) => {
      await run.atGate();
      run.signal('SIGKILL');
      run.openGate();
      await run.sandbox.untilNoProcessIsLeft();
    });
  });
});
