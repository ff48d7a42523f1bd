import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import { ExitCode } from '../../crds/exit-codes.ts';
import { payloadDigest } from '../ternary/payload-digest.ts';
import { emptyHeader, FRAME_HEADER_BYTES, FrameKind, writeFrame } from '../wire/frame.ts';
import type { FrameHeader } from '../wire/frame.ts';
import { createExchange } from './create-exchange.ts';
import type { Exchange, ExchangeOptions } from './exchange.ts';
import { FloatStore } from './testing/float-store.ts';
import {
  contribution,
  credentialsFor,
  JOB,
  JOIN,
  LocalJob,
  NO_STATE,
  testAuthority,
  workerIdentity,
} from './testing/local-job.ts';
import { ScriptedMember } from './testing/scripted-member.ts';

const { signal } = new AbortController();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

async function jobOf(
  replicas: number,
  adjust?: (options: ExchangeOptions) => ExchangeOptions | undefined,
): Promise<LocalJob> {
  const job = await LocalJob.of(replicas, adjust);
  closing.push(job);
  return job;
}

/** Rejections in member order; fails the test where a call resolved. */
async function errorsOf(calls: Promise<PromiseSettledResult<unknown>[]>): Promise<unknown[]> {
  return (await calls).map((result) => {
    expect(result.status).toBe('rejected');
    return result.status === 'rejected' ? result.reason : undefined;
  });
}

const quick = (options: ExchangeOptions): ExchangeOptions => ({
  ...options,
  formationSeconds: 1,
  stepDeadlineSeconds: 1,
});
/** Formation with the patience that a busy machine needs. */
const quickSteps = (options: ExchangeOptions): ExchangeOptions => ({ ...options, stepDeadlineSeconds: 1 });

describe('formation', () => {
  test('a rank that never comes is named by rank 0 and by those who came', async () => {
    const job = await jobOf(3, (options) => (options.rank === 2 ? undefined : quick(options)));
    const errors = await errorsOf(Promise.allSettled(job.members.map((member) => member.form(JOIN, signal))));
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'PEER_LOST',
        phase: 'formation',
        ranks: [2],
        exitCode: ExitCode.peerLost,
      });
    }
  });

  test('a coordinator that never comes is named, with what the network said', async () => {
    const job = await jobOf(2, (options) => (options.rank === 0 ? undefined : quick(options)));
    const [error] = await errorsOf(Promise.allSettled([job.members[0]?.form(JOIN, signal)]));
    expect(error).toMatchObject({ code: 'PEER_LOST', ranks: [0] });
    expect(String(error)).toContain('ECONNREFUSED');
  });

  test.each([
    ['signature', { ...JOIN, signature: 'mlp-9' }],
    ['stateHash', { ...JOIN, stateHash: '00000000000000bb' }],
  ])('another %s is refused at the joiner, and rank 0 says why it waits', async (field, join) => {
    const job = await jobOf(2, quick);
    const [coordinator, joiner] = job.members;
    const [atZero, atOne] = await errorsOf(
      Promise.allSettled([coordinator?.form(JOIN, signal), joiner?.form(join, signal)]),
    );
    expect(atOne).toMatchObject({ code: 'HANDSHAKE_REFUSED', field, exitCode: ExitCode.badConfiguration });
    expect(atZero).toMatchObject({ code: 'PEER_LOST', ranks: [1] });
    expect(String(atZero)).toContain('rank 1 was refused');
  });

  test('two processes of the same rank and attempt: the second is refused, the job goes on', async () => {
    const job = await jobOf(3);
    const twin = createExchange({ ...(await optionsLike(job, 1)), formationSeconds: 5 });
    closing.push(twin);
    const [zero, one, two] = job.members;
    const early = [zero?.form(JOIN, signal), one?.form(JOIN, signal)];
    await new Promise((resolve) => setTimeout(resolve, 500));
    await expect(twin.form(JOIN, signal)).rejects.toMatchObject({
      code: 'HANDSHAKE_REFUSED',
      field: 'attempt',
    });
    await expect(Promise.all([...early, two?.form(JOIN, signal)])).resolves.toHaveLength(3);
  });

  test('a newer attempt fences the older one that waits, and takes its place', async () => {
    const job = await jobOf(3);
    const newer = createExchange({ ...(await optionsLike(job, 1)), attempt: 2 });
    closing.push(newer);
    const [zero, one, two] = job.members;
    const forming = zero?.form(JOIN, signal);
    const older = one?.form(JOIN, signal);
    older?.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const rest = [newer.form(JOIN, signal), two?.form(JOIN, signal)];
    await expect(older).rejects.toMatchObject({ code: 'FENCED', exitCode: ExitCode.fenced });
    const [membership] = await Promise.all([forming, ...rest]);
    expect(membership?.members.map(({ attempt }) => attempt)).toEqual([1, 2, 1]);
  });

  test('an older attempt that comes late is fenced', async () => {
    const job = await jobOf(3, (options) => (options.rank === 1 ? { ...options, attempt: 2 } : options));
    const older = createExchange(await optionsLike(job, 1));
    closing.push(older);
    const [zero, one] = job.members;
    zero?.form(JOIN, signal).catch(() => undefined);
    one?.form(JOIN, signal).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await expect(older.form(JOIN, signal)).rejects.toMatchObject({ code: 'FENCED' });
  });

  test('a taken port is a configuration error that names the address', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const job = await jobOf(1, (options) => ({ ...options, listenAddress: `127.0.0.1:${port}` }));
    const [error] = await errorsOf(job.all((member) => member.form(JOIN, signal)));
    expect(error).toMatchObject({ code: 'LISTEN_FAILED', exitCode: ExitCode.badConfiguration });
    expect(String(error)).toContain(`127.0.0.1:${port}`);
    await new Promise((resolve) => server.close(resolve));
  });

  test('an aborted signal ends the wait', async () => {
    const job = await jobOf(2);
    const controller = new AbortController();
    const forming = job.members[0]?.form(JOIN, controller.signal);
    setTimeout(() => controller.abort(new Error('asked to stop')), 100);
    await expect(forming).rejects.toMatchObject({ code: 'EXCHANGE_CLOSED', exitCode: ExitCode.stopped });
  });
});

describe('certificates', () => {
  test.each([
    ['of another rank', async () => credentialsFor(workerIdentity(2)), /tls\.crt is for .*rank\/2/],
    [
      'of another job',
      async () => credentialsFor({ kind: 'worker', namespace: 'default', jobUid: 'other', rank: 1 }),
      /terngradjob\/other/,
    ],
    ['of the operator', async () => credentialsFor({ kind: 'operator' }), /spiffe:\/\/terngrad\/operator/],
    [
      'of another authority',
      async () => credentialsFor(workerIdentity(1), await otherAuthority()),
      /not issued by/,
    ],
    ['that expired', expiredCredentials, /expired/],
  ])('a certificate %s is found before anyone is asked', async (_what, credentials, message) => {
    const certificate = await credentials();
    const job = await jobOf(2, (options) =>
      options.rank === 1 ? { ...options, credentials: certificate } : undefined,
    );
    const [error] = await errorsOf(job.all((member) => member.form(JOIN, signal)));
    expect(error).toMatchObject({ code: 'HANDSHAKE_REFUSED', field: 'identity' });
    expect(String(error)).toMatch(message);
  });

  test.each([
    ['does not trust rank 0 either', false, /certificate.*need certificates of one authority/],
    ['trusts rank 0', true, /rank 0 cut the connection off, and its log says why/],
  ])(
    'a worker of another authority that %s says why, also when rank 0 is gone',
    async (_what, trusts, why) => {
      const other = await otherAuthority('another');
      const leaf = await credentialsFor(workerIdentity(1), other);
      const authorities = trusts ? `${other.certificate}\n${leaf.authorities}` : other.certificate;
      const credentials = { ...leaf, authorities };
      const job = await jobOf(2, (options) => ({
        ...quick(options),
        ...(options.rank === 1 && { credentials }),
      }));
      const [zero, one] = job.members;
      const forming = zero?.form(JOIN, signal).catch(() => zero.close());
      await expect(one?.form(JOIN, signal)).rejects.toMatchObject({
        code: 'PEER_LOST',
        ranks: [0],
        message: expect.stringMatching(why),
      });
      await forming;
    },
  );

  test('rank 0 cuts off strangers without a trace in its state, and goes on forming', async () => {
    const refusals: unknown[] = [];
    const job = await jobOf(2, (options) => ({
      ...options,
      log: (_level, message, fields) => {
        if (message === 'refused a connection') refusals.push(fields['reason']);
      },
    }));
    const coordinatorAddress = (await optionsLike(job, 1)).coordinatorAddress;
    const forming = job.members[0]?.form(JOIN, signal);
    const strangers = [
      await credentialsFor({ kind: 'worker', namespace: 'default', jobUid: 'other', rank: 1 }),
      await credentialsFor(workerIdentity(0)),
      await credentialsFor(workerIdentity(2)),
      await credentialsFor(workerIdentity(1), await otherAuthority()),
      await expiredCredentials(),
    ];
    for (const credentials of strangers) {
      const stranger = new ScriptedMember(coordinatorAddress, credentials);
      closing.push(stranger);
      stranger.form().catch(() => undefined);
    }
    await waitUntil(() => refusals.length >= strangers.length);
    expect(refusals.join('\n')).toMatch(/CERT_HAS_EXPIRED/);
    expect(refusals.join('\n')).toMatch(/terngradjob\/other/);
    await expect(Promise.all([forming, job.members[1]?.form(JOIN, signal)])).resolves.toHaveLength(2);
  });
});

describe('while training', () => {
  test('a fault of one member is everyone’s error, at once, and names it', async () => {
    const job = await jobOf(3);
    await job.form();
    const errors = await errorsOf(
      Promise.allSettled([
        job.members[0]?.barrier(contribution(0), signal),
        job.members[1]?.barrier(contribution(0), signal),
        job.members[2]?.barrier(
          contribution(0, { fault: { reason: 'non-finite', message: 'the loss is NaN' } }),
          signal,
        ),
      ]),
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: 'PEER_FAULT', rank: 2, reason: 'non-finite' });
    expect(errors.map((error) => (error as { exitCode: number }).exitCode)).toEqual([69, 69, 66]);
  });

  test('different weights are everyone’s error and name the rank that differs', async () => {
    const job = await jobOf(3);
    await job.form();
    const errors = await errorsOf(
      job.all((member, rank) =>
        member.barrier(
          contribution(0, { stateHash: rank === 1 ? '00000000000000ee' : '00000000000000aa' }),
          signal,
        ),
      ),
    );
    for (const error of errors)
      expect(error).toMatchObject({ code: 'REPLICA_MISMATCH', minority: [1], step: 0 });
  });

  test('different final weights are everyone’s error: nobody ends as if they were equal', async () => {
    const job = await jobOf(3);
    await job.form();
    const ends = await job.all((member, index) => member.finish(index === 1 ? 'other' : 'final', job.signal));
    for (const end of ends) {
      expect(end).toMatchObject({ status: 'rejected', reason: { code: 'REPLICA_MISMATCH', minority: [1] } });
    }
  });

  test('a member that leaves ends the generation for everyone at the same barrier, without a loss', async () => {
    const job = await jobOf(3);
    await job.form();
    const outcomes = await Promise.all(
      job.members.map((member, rank) => member.barrier(contribution(0, { leaving: rank === 2 }), signal)),
    );
    expect(outcomes.map(({ ends }) => ends)).toEqual([true, true, true]);
    await job.members[2]?.close();
    expect(job.members.map((member) => member.failure.aborted)).toEqual([false, false, false]);
  });

  test('a member that hangs before the barrier is named by all others', async () => {
    const job = await jobOf(3, quickSteps);
    await job.form();
    const waiting = job.members.slice(0, 2).map((member) => member.barrier(contribution(0), signal));
    const errors = await errorsOf(Promise.allSettled(waiting));
    for (const error of errors)
      expect(error).toMatchObject({ code: 'PEER_LOST', ranks: [2], phase: 'barrier' });
  });

  test('a coordinator that hangs before the barrier is named too', async () => {
    const job = await jobOf(2, quickSteps);
    await job.form();
    await expect(job.members[1]?.barrier(contribution(0), signal)).rejects.toMatchObject({
      code: 'PEER_LOST',
      ranks: [0],
    });
  });

  test('a member that hangs in the middle of a step is named, with the phase', async () => {
    const job = await jobOf(3, quickSteps);
    await job.form();
    const running = await beginAll(job, [80, 80, 80, 80]);
    for (const [rank, step] of running.entries()) {
      for (let c = 0; c < 4; c++) if (rank !== 2 || c < 1) step.chunkEncoded(c);
    }
    const errors = await errorsOf(Promise.allSettled(running.map(({ staged }) => staged)));
    expect(errors[0]).toMatchObject({ code: 'PEER_LOST', ranks: [2] });
    expect(errors[1]).toMatchObject({ code: 'PEER_LOST', ranks: [2] });
    expect(errors[2]).toMatchObject({ code: 'PEER_LOST', ranks: [2] });
  });

  test('a member that dies in the middle of a step is lost to all within a second, also between calls', async () => {
    const job = await jobOf(3);
    await job.form();
    const running = await beginAll(job, [80, 80, 80]);
    for (const step of running.slice(0, 2)) for (let c = 0; c < 3; c++) step.chunkEncoded(c);
    const start = performance.now();
    await job.members[2]?.close();
    const errors = await errorsOf(Promise.allSettled(running.slice(0, 2).map(({ staged }) => staged)));
    expect(performance.now() - start).toBeLessThan(1500);
    for (const error of errors) expect(error).toMatchObject({ code: 'PEER_LOST', rank: 2 });
    expect(job.members[0]?.failure.reason).toBe(errors[0]);
    expect(() => job.members[0]?.beginStep(1, new FloatStore([], 1, 0))).toThrow(
      (errors[0] as Error).message,
    );
  });

  test('a newer attempt of a member ends the generation: the older is fenced, the others lost it', async () => {
    const job = await jobOf(3);
    await job.form();
    const newer = createExchange({ ...(await optionsLike(job, 1)), attempt: 2, formationSeconds: 1 });
    closing.push(newer);
    newer.form(JOIN, signal).catch(() => undefined);
    const waiting = job.members.slice(1, 3).map((member) => member.barrier(contribution(0), signal));
    const [older, other] = await errorsOf(Promise.allSettled(waiting));
    expect(older).toMatchObject({ code: 'FENCED', rank: 1, attempt: 1, exitCode: ExitCode.fenced });
    expect(other).toMatchObject({ code: 'PEER_LOST', ranks: [1] });
    expect(job.members[0]?.failure.reason).toMatchObject({ code: 'PEER_LOST', ranks: [1] });
  });

  test('a frozen process is lost within peerLossSeconds', async () => {
    const job = await jobOf(2, (options) =>
      options.rank === 0 ? { ...options, peerLossSeconds: 2 } : undefined,
    );
    const script = fileURLToPath(new URL('./testing/frozen-member.ts', import.meta.url));
    const credentials = JSON.stringify(await credentialsFor(workerIdentity(1)));
    const child = spawn(process.execPath, ['--import', 'tsx', script, job.coordinatorAddress, credentials]);
    try {
      await job.members[0]?.form(JOIN, signal);
      child.kill('SIGSTOP');
      const start = performance.now();
      const error = await job.members[0]?.barrier(contribution(0), signal).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'PEER_LOST', ranks: [1], phase: 'barrier' });
      expect(performance.now() - start).toBeLessThan(4000);
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('what the store throws is an internal fault of this rank, and everyone’s error', async () => {
    const job = await jobOf(2);
    await job.form();
    await Promise.all(job.members.map((member) => member.barrier(contribution(0), signal)));
    const running = job.members.map((member, index) => {
      const store = new FloatStore([80, 80], 2, index);
      if (index === 1)
        store.reduce = () => {
          throw new RangeError('bad code 7');
        };
      return member.beginStep(0, store);
    });
    for (const step of running) for (let c = 0; c < 2; c++) step.chunkEncoded(c);
    const errors = await errorsOf(Promise.allSettled(running.map(({ staged }) => staged)));
    for (const error of errors)
      expect(error).toMatchObject({ code: 'PEER_FAULT', rank: 1, reason: 'internal' });
  });
});

describe('a member that sends what it must not', () => {
  test.each<[string, (frame: Buffer, member: ScriptedMember) => void, string]>([
    [
      'a flipped payload bit',
      (frame, member) => member.push(flip(frame, FRAME_HEADER_BYTES + 5)),
      'payloadDigest',
    ],
    ['a flipped magic', (frame, member) => member.push(flip(frame, 0)), 'magic'],
    ['another step', (_frame, member) => member.push(frameOf({ step: 1 })), 'step'],
    ['another generation', (_frame, member) => member.push(frameOf({ generation: 9 })), 'generation'],
    ['another attempt', (_frame, member) => member.push(frameOf({ attempt: 2 })), 'attempt'],
    ['another rank', (_frame, member) => member.push(frameOf({ rank: 0 })), 'rank'],
    [
      'a chunk it owns itself',
      (_frame, member) => member.push(frameOf({ chunk: 1, flatOffset: 80 })),
      'chunk',
    ],
    ['the same contribution twice', (frame, member) => member.push(Buffer.concat([frame, frame])), 'chunk'],
    [
      'bytes after the last frame',
      (frame, member) => member.push(Buffer.concat([frame, Buffer.alloc(3)])),
      'truncated',
    ],
    ['an empty message', (_frame, member) => member.push(Buffer.alloc(0)), 'truncated'],
  ])('%s is refused and attributed', async (_what, misbehave, field) => {
    const { member, coordinator } = await withScriptedMember();
    const passed = coordinator.barrier(contribution(0), signal);
    member.contribute(0);
    await passed;
    const store = new FloatStore([80, 80, 80], 2, 0);
    store.fill(0);
    const { staged } = coordinator.beginStep(0, store);
    misbehave(frameOf({}), member);
    await expect(staged).rejects.toMatchObject({ code: 'BAD_FRAME', peerRank: 1, field });
    expect(store.reductions).toEqual([0, 0, 0]);
  });

  test('a message longer than any chunk ends its stream, not the memory', async () => {
    const { member, coordinator } = await withScriptedMember();
    const passed = coordinator.barrier(contribution(0), signal);
    member.contribute(0);
    await passed;
    const { staged } = coordinator.beginStep(0, new FloatStore([80], 2, 0));
    member.push(Buffer.alloc(16 * 1024 * 1024));
    await expect(staged).rejects.toMatchObject({ code: 'PEER_LOST', rank: 1 });
  });

  test.each<[string, (member: ScriptedMember) => void, string]>([
    ['another generation', (member) => member.contribute(0, { generation: 7 }), 'generation'],
    ['another attempt', (member) => member.contribute(0, { attempt: 7 }), 'attempt'],
    ['nothing at all', (member) => member.tell({ generation: 1, attempt: 1 }), 'message'],
    [
      'two contributions to one barrier',
      (member) => [0, 0].forEach((step) => member.contribute(step)),
      'step',
    ],
  ])('a barrier message of %s is refused and attributed', async (_what, misbehave, field) => {
    const { member, coordinator } = await withScriptedMember();
    misbehave(member);
    await waitUntil(() => coordinator.failure.aborted);
    expect(coordinator.failure.reason).toMatchObject({ code: 'BAD_FRAME', peerRank: 1, field });
  });

  test('streams of another generation or attempt are refused and change nothing', async () => {
    const { member, coordinator } = await withScriptedMember();
    const answers: string[] = [];
    for (const scope of [
      { generation: 2, attempt: 1 },
      { generation: 1, attempt: 2 },
      { generation: 1, attempt: 1 },
    ]) {
      member.openPush(scope, (details) => answers.push(details));
      member.openBarrier(scope);
    }
    await waitUntil(() => answers.length === 3);
    expect(answers.sort()).toEqual(
      [
        'rank 1 attempt 1 is not in generation 1',
        'rank 1 attempt 2 is not in generation 1',
        'rank 1 has a stream already',
      ].map((answer) => (answer.startsWith('rank 1 attempt 1') ? expect.any(String) : answer)),
    );
    expect(coordinator.failure.aborted).toBe(false);
  });
});

async function withScriptedMember(): Promise<{ member: ScriptedMember; coordinator: Exchange }> {
  const job = await jobOf(2, (options) => (options.rank === 0 ? options : undefined));
  const [coordinator] = job.members;
  if (coordinator === undefined) throw new Error('no coordinator');
  const member = new ScriptedMember(job.coordinatorAddress, await credentialsFor(workerIdentity(1)));
  closing.push(member);
  await Promise.all([coordinator.form(JOIN, signal), member.form()]);
  return { member, coordinator };
}

/** A right contribution of rank 1 to chunk 0 of step 0, changed as the test says. */
function frameOf(change: Partial<FrameHeader>): Buffer {
  const payload = new Uint8Array(320);
  const header = {
    ...emptyHeader(),
    kind: FrameKind.push,
    codec: 3,
    rank: 1,
    generation: 1,
    attempt: 1,
    values: 80,
    payloadBytes: payload.length,
    payloadDigest: payloadDigest(payload),
    ...change,
  };
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrame(frame, 0, header, payload);
  return frame;
}

function flip(frame: Buffer, at: number): Buffer {
  const flipped = Buffer.from(frame);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

async function beginAll(
  job: LocalJob,
  sizes: readonly number[],
): Promise<ReturnType<Exchange['beginStep']>[]> {
  await Promise.all(job.members.map((member) => member.barrier(contribution(0), signal)));
  return job.members.map((member, index) =>
    member.beginStep(0, new FloatStore(sizes, job.members.length, index)),
  );
}

/** Options of another process that claims a rank of the job. */
async function optionsLike(job: LocalJob, rank: number): Promise<ExchangeOptions> {
  return {
    job: JOB,
    rank,
    attempt: 1,
    replicas: 3,
    coordinatorAddress: job.coordinatorAddress,
    listenAddress: '127.0.0.1:0',
    advertiseHost: '127.0.0.1',
    credentials: await credentialsFor(workerIdentity(rank)),
    scaler: 'shared',
    maxPayloadBytes: 1024,
    state: NO_STATE,
    formationSeconds: 10,
    recoverySeconds: 10,
    stepDeadlineSeconds: 10,
    peerLossSeconds: 10,
  };
}

async function otherAuthority(name = 'test') {
  return createAuthority(name, { notAfter: new Date(Date.now() + 3_600_000) });
}

async function expiredCredentials() {
  const authority = await testAuthority();
  const validity = { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 1000) };
  const leaf = await issueLeaf(authority, { identity: workerIdentity(1), validity });
  return { ...leaf, authorities: authority.certificate };
}

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
