import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ListenError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { expectedSums, FloatStore } from './testing/float-store.ts';
import { freePort } from './testing/free-port.ts';
import { contribution, JOIN, LocalJob } from './testing/local-job.ts';

let job: LocalJob | undefined;

afterEach(async () => {
  await job?.close();
  job = undefined;
});

const SIZES = [400, 80, 3, 1000, 161, 80, 2400];

/** One member's whole run: `steps` steps, then the final barrier. Chunks are encoded in the order given. */
async function train(
  member: Exchange,
  options: {
    members: number;
    index: number;
    steps: number;
    sizes: readonly number[];
    pause?: () => Promise<void>;
  },
): Promise<{ readonly sums: Float32Array[][]; readonly hashes: readonly string[] }> {
  const { members, index, steps, sizes, pause } = options;
  const signal = new AbortController().signal;
  const store = new FloatStore(sizes, members, index);
  const sums: Float32Array[][] = [];
  for (let step = 0; step < steps; step++) {
    const outcome = await member.barrier(contribution(step, { scalers: Float32Array.of(index, 2) }), signal);
    expect(outcome).toEqual({
      step,
      scalers: Float32Array.of(members - 1, 2),
      meanLoss: 1,
      samples: 32 * members,
      ends: false,
      sums: [],
      maxima: [],
    });
    await pause?.();
    store.fill(step);
    const running = member.beginStep(step, store);
    for (let i = 0; i < sizes.length; i++) running.chunkEncoded((i + index) % sizes.length);
    await running.staged;
    sums.push(store.sums.map((sum) => sum.slice()));
  }
  const hashes = await member.finish('final', signal);
  return { sums, hashes };
}

function expectSameBits(
  actual: readonly Float32Array[] | undefined,
  expected: readonly Float32Array[],
): void {
  const bits = (sums: readonly Float32Array[]): string =>
    sums.map((sum) => Buffer.from(sum.buffer, sum.byteOffset, sum.byteLength).toString('base64')).join();
  expect(bits(actual ?? []) === bits(expected)).toBe(true);
}

describe.each([true, false])('with TLS %s', (tls) => {
  test.each([1, 2, 3, 5])('%i members stage the same sums, bit for bit, in member order', async (members) => {
    job = await LocalJob.of(members, undefined, tls);
    const memberships = await job.form();
    expect(memberships.map(({ generation, selfIndex }) => [generation, selfIndex])).toEqual(
      memberships.map((_, index) => [1, index]),
    );
    const steps = 4;
    const results = await Promise.all(
      job.members.map((member, index) => train(member, { members, index, steps, sizes: SIZES })),
    );
    for (const { sums, hashes } of results) {
      for (let step = 0; step < steps; step++) expectSameBits(sums[step], expectedSums(step, members, SIZES));
      expect(hashes).toEqual(Array.from({ length: members }, () => 'final'));
    }
  });
});

test('a member that begins late takes what a faster one has pushed before', async () => {
  const members = 3;
  job = await LocalJob.of(members);
  await job.form();
  const sizes = Array.from({ length: 20 }, () => 8000);
  const pauses = [undefined, () => new Promise<void>((resolve) => setTimeout(resolve, 50)), undefined];
  const results = await Promise.all(
    job.members.map((member, index) => {
      const pause = pauses[index];
      return train(member, { members, index, steps: 5, sizes, ...(pause === undefined ? {} : { pause }) });
    }),
  );
  for (const { sums } of results) {
    for (let step = 0; step < 5; step++) expectSameBits(sums[step], expectedSums(step, members, sizes));
  }
});

test('the generation is the highest seen plus one, whoever has seen it', async () => {
  job = await LocalJob.of(3);
  const memberships = await job.form((rank) => ({ ...JOIN, generationSeen: rank === 2 ? 41 : rank }));
  expect(memberships.map(({ generation }) => generation)).toEqual([42, 42, 42]);
});

describe('preparing', () => {
  test('connects to rank 0 before there is anything to say, and forms as without it', async () => {
    job = await LocalJob.of(2);
    for (const member of job.members) await member.prepare();
    const handshakes = job.members[1]?.counters.transport.sent ?? 0;
    expect(handshakes).toBeGreaterThan(0);
    expect(await job.form()).toMatchObject([{ generation: 1 }, { generation: 1 }]);
  });

  test('looks at nothing that follows from the model', async () => {
    const unknown = (): never => {
      throw new Error('the model is not known yet');
    };
    job = await LocalJob.of(1, (options) =>
      Object.defineProperties(
        { ...options, payloadBoundBytes: 1024 },
        { maxPayloadBytes: { get: unknown }, state: { get: unknown }, ahead: { get: unknown } },
      ),
    );
    await expect(job.members[0]?.prepare()).resolves.toBeUndefined();
  });

  test('fails for nobody: rank 0 may not be there yet, and a port that is taken is said by form', async () => {
    const taken = await freePort();
    const holder = createServer().listen(taken, '127.0.0.1');
    try {
      job = await LocalJob.of(2, (options) =>
        options.rank === 0 ? undefined : { ...options, listenAddress: `127.0.0.1:${taken}` },
      );
      await expect(job.members[0]?.prepare()).resolves.toBeUndefined();
      await expect(job.form()).rejects.toThrow(ListenError);
    } finally {
      holder.close();
    }
  });
});
