import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openControlClient } from '../wire/control-client.ts';
import { FRAME_HEADER_BYTES } from '../wire/frame.ts';
import { GRPC_PREFIX_BYTES } from '../wire/messages.ts';
import type { ProgressReport, ProgressRequest } from '../wire/progress.ts';
import { contribution, credentialsFor, JOB, JOIN, LocalJob, workerIdentity } from './testing/local-job.ts';
import { plainStore } from './testing/plain-store.ts';
import type { PlainStoreSizes } from './testing/plain-store.ts';
import { ScriptedMember } from './testing/scripted-member.ts';

const { signal } = new AbortController();
const MIB = 1024 * 1024;
const closing: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map(async (one) => one.close()));
});

async function runSteps(
  job: LocalJob,
  sizes: Omit<PlainStoreSizes, 'members'>,
  steps: number,
): Promise<void> {
  const members = job.members.length;
  await Promise.all(
    job.members.map(async (member) => {
      const store = plainStore({ ...sizes, members });
      for (let k = 0; k < steps; k++) {
        await member.barrier(contribution(k), signal);
        const step = member.beginStep(k, store);
        for (let c = 0; c < sizes.chunks; c++) step.chunkEncoded(c);
        await step.staged;
      }
    }),
  );
}

/**
 * Node's HTTP/2 stops reading a socket while its own write on it is pending. With bulk data in both directions of one
 * connection and windows beyond the kernel's buffers, both ends then wait for each other for ever.
 */
test('both directions full at once do not stop each other: 48 MiB each way in 1 MiB chunks', async () => {
  const job = await LocalJob.of(2, (options) => ({
    ...options,
    maxPayloadBytes: MIB,
    stepDeadlineSeconds: 25,
  }));
  closing.push(job);
  await job.form();
  await runSteps(job, { chunks: 48, values: MIB / 4, pushBytes: MIB, pullBytes: MIB }, 1);
  for (const { counters } of job.members) {
    expect(counters.sent.push.raw).toBe(24 * MIB);
    expect(counters.sent.pull.raw).toBe(24 * MIB);
  }
});

describe('counted bytes', () => {
  const SIZES = { chunks: 5, values: 800, pushBytes: 160, pullBytes: 270 };

  test('raw and wire are exactly what the frames say, and one member’s sent is the other’s received', async () => {
    const job = await LocalJob.of(2);
    closing.push(job);
    await job.form();
    await runSteps(job, SIZES, 3);
    await quiet();
    // Chunks 0, 2, 4 are member 0's, 1 and 3 member 1's: each pushes what the other owns and returns its own sums.
    const expected = [
      { push: 2 * 3, pull: 3 * 3 },
      { push: 3 * 3, pull: 2 * 3 },
    ];
    job.members.forEach(({ counters }, index) => {
      const { push, pull } = expected[index] ?? { push: 0, pull: 0 };
      expect(counters.sent.push.raw).toBe(push * 3200);
      expect(counters.sent.pull.raw).toBe(pull * 3200);
      const frames = push * (FRAME_HEADER_BYTES + 160) + pull * (FRAME_HEADER_BYTES + 270);
      const prefixes = counters.sent.push.wire + counters.sent.pull.wire - frames;
      expect(prefixes % GRPC_PREFIX_BYTES).toBe(0);
      expect(prefixes / GRPC_PREFIX_BYTES).toBeLessThanOrEqual(push + pull);
      const sentTo = counters.sentTo.get(1 - index);
      expect(sentTo).toEqual({ raw: (push + pull) * 3200, wire: frames + prefixes });
      expect(counters.received).toEqual(job.members[1 - index]?.counters.sent);
    });
  });

  test('transport bytes are those of the sockets: one end’s sent is the other’s received', async () => {
    const job = await LocalJob.of(2);
    closing.push(job);
    await job.form();
    await runSteps(job, { chunks: 8, values: 20_000, pushBytes: 80_000, pullBytes: 80_000 }, 5);
    await quiet();
    const [zero, one] = job.members.map(({ counters }) => counters);
    expect(zero?.transport.sent).toBe(one?.transport.received);
    expect(one?.transport.sent).toBe(zero?.transport.received);
    const wire = (zero?.sent.push.wire ?? 0) + (zero?.sent.pull.wire ?? 0) + (zero?.sent.barrier ?? 0);
    const overhead = (zero?.transport.sent ?? 0) / wire;
    expect(overhead).toBeGreaterThan(1);
    expect(overhead).toBeLessThan(1.02);
  });

  test('a job of one sends nothing', async () => {
    const job = await LocalJob.of(1);
    closing.push(job);
    await job.form();
    await runSteps(job, SIZES, 2);
    const { sent, received, transport } = job.members[0]?.counters ?? {};
    const nothing = { push: { raw: 0, wire: 0 }, pull: { raw: 0, wire: 0 }, barrier: 0 };
    expect([sent, received, transport]).toEqual([nothing, nothing, { sent: 0, received: 0 }]);
  });
});

test('a peer that does not read holds no more than the window, and is named at the deadline', async () => {
  const job = await LocalJob.of(2, (options) =>
    options.rank === 0 ? { ...options, stepDeadlineSeconds: 2, maxPayloadBytes: MIB } : undefined,
  );
  const [coordinator] = job.members;
  const member = new ScriptedMember(
    job.coordinatorAddress,
    await credentialsFor(workerIdentity(1)),
    'stopped reading',
  );
  closing.push(job, member);
  await Promise.all([coordinator?.form(JOIN, signal), member.form()]);
  const passed = coordinator?.barrier(contribution(0), signal);
  member.contribute(0);
  await passed;
  const sizes = { members: 2, chunks: 100, values: MIB / 4, pushBytes: MIB, pullBytes: MIB };
  const step = coordinator?.beginStep(0, plainStore(sizes));
  for (let c = 0; c < 100; c++) step?.chunkEncoded(c);
  await expect(step?.staged).rejects.toMatchObject({ code: 'PEER_LOST', ranks: [1] });
  expect(coordinator?.counters.sent.push.wire).toBeLessThan(24 * MIB);
});

describe('Control.Progress', () => {
  const REQUEST: ProgressRequest = { wantedSize: 2, attempts: [{ rank: 1, attempt: 3 }] };
  const REPORT: ProgressReport = {
    step: 120,
    totalSteps: 1000,
    epoch: 1.5,
    loss: 0.25,
    samplesPerSecond: 4200.5,
    stepMs: 15.25,
    bytes: { raw: 2 ** 40, wire: 2 ** 36 + 1 },
    ranks: [{ rank: 1, attempt: 3, step: 120, state: 'training' }],
    suspects: [{ rank: 1, attempt: 3, reason: 'silent', sinceMs: 1_700_000_000_000 }],
    stragglers: [{ rank: 0, attempt: 1, slowdown: 2.5 }],
  };

  async function jobWithProgress(tls: boolean) {
    const asked: ProgressRequest[] = [];
    const job = await LocalJob.of(
      2,
      (options) => ({
        ...options,
        onProgress: (request) => {
          asked.push(request);
          return REPORT;
        },
      }),
      tls,
    );
    closing.push(job);
    await job.form();
    return { job, asked };
  }

  test.each([true, false])('answers the operator, field by field (TLS %s)', async (tls) => {
    const { job, asked } = await jobWithProgress(tls);
    const credentials = tls ? await credentialsFor({ kind: 'operator' }) : undefined;
    const client = openControlClient({ address: job.coordinatorAddress, job: JOB, credentials });
    closing.push(client);
    await expect(client.progress(REQUEST)).resolves.toEqual(REPORT);
    expect(asked).toEqual([REQUEST]);
  });

  test('denies a worker of the job', async () => {
    const { job, asked } = await jobWithProgress(true);
    const credentials = await credentialsFor(workerIdentity(1));
    const client = openControlClient({ address: job.coordinatorAddress, job: JOB, credentials });
    closing.push(client);
    await expect(client.progress(REQUEST)).rejects.toMatchObject({ code: 7 });
    expect(asked).toEqual([]);
  });

  test('the operator does not talk to who is not rank 0 of the job', async () => {
    const { job } = await jobWithProgress(true);
    const credentials = await credentialsFor({ kind: 'operator' });
    const other = { namespace: JOB.namespace, uid: 'other' };
    const client = openControlClient({
      address: job.coordinatorAddress,
      job: other,
      credentials,
      timeoutMs: 1000,
    });
    closing.push(client);
    await expect(client.progress(REQUEST)).rejects.toThrow('not rank 0 of this job');
  });
});

test('a process whose job has ended ends by itself', async () => {
  const script = fileURLToPath(new URL('./testing/run-and-end.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
    timeout: 20_000,
  });
  expect(stdout).toBe('closed\n');
});

/** Long enough for acknowledgements on their way to arrive. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 100));
}
