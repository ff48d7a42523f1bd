import { afterEach, describe, expect, test } from '@jest/globals';
import { openControlClient } from '../wire/control-client.ts';
import type { ProgressRequest } from '../wire/progress.ts';
import { createExchange } from './create-exchange.ts';
import type { Exchange, ExchangeOptions, JoinState, Membership } from './exchange.ts';
import { freePort } from './testing/free-port.ts';
import { contribution, credentialsFor, JOB, JOIN, LocalJob, workerIdentity } from './testing/local-job.ts';
import { Relay } from './testing/relay.ts';
import { stateOf } from './testing/state-bytes.ts';
import type { StateBytes } from './testing/state-bytes.ts';

const { signal } = new AbortController();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

/** A job whose members have a state of some megabytes, each its own. */
class JobWithStates {
  readonly job: LocalJob;
  readonly states: readonly StateBytes[];
  readonly #options: readonly ExchangeOptions[];

  private constructor(job: LocalJob, states: readonly StateBytes[], options: readonly ExchangeOptions[]) {
    this.job = job;
    this.states = states;
    this.#options = options;
  }

  static async of(replicas: number, change: Partial<ExchangeOptions> = {}): Promise<JobWithStates> {
    const states = Array.from({ length: replicas }, (_, rank) => stateOf(rank));
    const options: ExchangeOptions[] = [];
    const job = await LocalJob.of(replicas, (usual) => {
      const own = { ...usual, ...change, state: states[usual.rank]!.memory };
      options.push(own);
      return own;
    });
    closing.push(job);
    return new JobWithStates(job, states, options);
  }

  member(rank: number): Exchange {
    return this.job.members[rank]!;
  }

  /** The next attempt of a rank: a new process with a fresh state. */
  nextAttempt(rank: number, state: StateBytes, attempt = 2, change: Partial<ExchangeOptions> = {}): Exchange {
    const exchange = createExchange({ ...this.#options[rank]!, ...change, attempt, state: state.memory });
    closing.push(exchange);
    return exchange;
  }
}

const at = (step: number, stateHash = `hash-${step}`): JoinState => ({ ...JOIN, step, stateHash });

function formAll(members: readonly (readonly [Exchange, JoinState])[]): Promise<Membership[]> {
  return Promise.all(members.map(([member, join]) => member.form(join, signal)));
}

/** Barriers as long as a joiner may need to come; the last one ends the generation for all. */
async function barriersUntilTheEnd(members: readonly Exchange[]): Promise<void> {
  for (let step = 1; step < 100; step++) {
    const outcomes = await Promise.all(members.map((member) => member.barrier(contribution(step), signal)));
    const [first] = outcomes;
    expect(outcomes.every(({ ends }) => ends === first?.ends)).toBe(true);
    if (first?.ends === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('nobody has joined');
}

/** As the operator asks rank 0. */
async function poll(job: JobWithStates, request: ProgressRequest): Promise<void> {
  const client = openControlClient({
    address: job.job.coordinatorAddress,
    job: JOB,
    credentials: await credentialsFor({ kind: 'operator' }),
  });
  closing.push({ close: async () => client.close() });
  // There is nothing to report here; what is told is heard all the same.
  await client.progress(request).catch(() => undefined);
}

/** All members but one are told of its loss by their own barrier. */
async function lose(job: JobWithStates, lost: number): Promise<void> {
  const survivors = job.job.members.filter((_, rank) => rank !== lost);
  const barriers = survivors.map((member) => member.barrier(contribution(0), signal));
  const ends = Promise.allSettled(barriers);
  await job.member(lost).close();
  for (const end of await ends) {
    expect(end).toMatchObject({ status: 'rejected', reason: { endsOnlyGeneration: true } });
  }
}

describe('a lost member', () => {
  test('is replaced by its next attempt, which copies the state of a survivor; the generation grows by one', async () => {
    const job = await JobWithStates.of(3);
    await job.job.form();
    await lose(job, 2);
    const fresh = stateOf(7);
    const memberships = await formAll([
      [job.member(0), at(5)],
      [job.member(1), at(5)],
      [job.nextAttempt(2, fresh), at(0)],
    ]);
    for (const { generation, step, stateHash } of memberships) {
      expect({ generation, step, stateHash }).toEqual({ generation: 2, step: 5, stateHash: 'hash-5' });
    }
    expect(memberships.map(({ copiedFrom }) => copiedFrom)).toEqual([undefined, undefined, 0]);
    expect(fresh.equals(job.states[0]!)).toBe(true);
    const outcomes = await Promise.all(
      [job.member(0), job.member(1)].map(async (member) => member.failure.aborted),
    );
    expect(outcomes).toEqual([false, false]);
  });

  test('may be rank 0: its next attempt never starts from zero over the survivors', async () => {
    const job = await JobWithStates.of(3);
    await job.job.form();
    await lose(job, 0);
    const fresh = stateOf(7);
    const [zero, one, two] = await formAll([
      [job.nextAttempt(0, fresh), at(0)],
      [job.member(1), at(5)],
      [job.member(2), at(5)],
    ]);
    expect(zero).toMatchObject({ generation: 2, step: 5, copiedFrom: 1 });
    expect([one?.copiedFrom, two?.copiedFrom]).toEqual([undefined, undefined]);
    expect(fresh.equals(job.states[1]!)).toBe(true);
  });

  test('that had applied a step which others had not makes them catch up, not go back', async () => {
    const job = await JobWithStates.of(3);
    await job.job.form();
    await lose(job, 2);
    const memberships = await formAll([
      [job.member(0), at(5)],
      [job.member(1), at(6)],
      [job.nextAttempt(2, stateOf(7)), at(0)],
    ]);
    expect(memberships.map(({ step, copiedFrom }) => [step, copiedFrom])).toEqual([
      [6, 1],
      [6, undefined],
      [6, 1],
    ]);
    expect(job.states[0]!.equals(job.states[1]!)).toBe(true);
  });
});

describe('who leaves', () => {
  test('is no loss: the others form the next generation with its successor', async () => {
    const job = await JobWithStates.of(2);
    await job.job.form();
    await Promise.all([
      job.member(0).barrier(contribution(0), signal),
      job.member(1).barrier(contribution(0, { leaving: true }), signal),
    ]);
    await job.member(1).close();
    const [zero] = await formAll([
      [job.member(0), at(1)],
      [job.nextAttempt(1, stateOf(7)), at(0)],
    ]);
    expect(zero).toMatchObject({ generation: 2, step: 1 });
  });
});

describe('a member whose state is worth nothing', () => {
  test('copies the state of the majority at the same step', async () => {
    const job = await JobWithStates.of(3);
    await job.job.form();
    await lose(job, 2);
    const memberships = await formAll([
      [job.member(0), at(5, 'flipped')],
      [job.member(1), at(5)],
      [job.nextAttempt(2, job.states[1]!), at(5)],
    ]);
    expect(memberships[0]).toMatchObject({ stateHash: 'hash-5', copiedFrom: 1 });
    expect(job.states[0]!.equals(job.states[1]!)).toBe(true);
  });

  test('without a majority nobody can tell who is right, and all are told so', async () => {
    const job = await JobWithStates.of(2);
    await job.job.form();
    await lose(job, 1);
    const ends = await Promise.allSettled([
      job.member(0).form(at(5, 'one'), signal),
      job.nextAttempt(1, stateOf(7)).form(at(5, 'other'), signal),
    ]);
    for (const end of ends) {
      expect(end).toMatchObject({ reason: { code: 'REPLICA_MISMATCH', endsOnlyGeneration: false } });
    }
  });
});

test('an older attempt never comes back, even while nobody holds its rank', async () => {
  const job = await JobWithStates.of(2);
  const [newer] = [job.nextAttempt(1, stateOf(7))];
  await formAll([
    [job.member(0), JOIN],
    [newer, JOIN],
  ]);
  const lost = job.member(0).barrier(contribution(0), signal);
  await newer.close();
  await expect(lost).rejects.toMatchObject({ code: 'PEER_LOST' });
  const forming = job.member(0).form(at(1), signal);
  forming.catch(() => undefined);
  await expect(job.member(1).form(JOIN, signal)).rejects.toMatchObject({ code: 'FENCED' });
  await formAll([[job.nextAttempt(1, stateOf(7), 3), at(0)]]);
  await expect(forming).resolves.toMatchObject({ members: [{ attempt: 1 }, { attempt: 3 }] });
});

describe('with elastic bounds', () => {
  const elastic = { minReplicas: 2, maxReplicas: 4, graceSeconds: 2 };

  test('the others go on without a lost member once the grace is over, and take it in again at a border', async () => {
    const job = await JobWithStates.of(3, { elastic });
    await job.job.form();
    await lose(job, 1);
    const smaller = await formAll([
      [job.member(0), at(5)],
      [job.member(2), at(5)],
    ]);
    expect(smaller.map(({ members, selfIndex }) => [members.map(({ rank }) => rank), selfIndex])).toEqual([
      [[0, 2], 0],
      [[0, 2], 1],
    ]);
    const joining = job.nextAttempt(1, stateOf(7)).form(at(0), signal);
    await barriersUntilTheEnd([job.member(0), job.member(2)]);
    const whole = await formAll([
      [job.member(0), at(5)],
      [job.member(2), at(5)],
    ]);
    expect(whole[0]?.members.map(({ rank }) => rank)).toEqual([0, 1, 2]);
    await expect(joining).resolves.toMatchObject({ step: 5, copiedFrom: 0 });
  });

  test('a rank above the first size joins once the operator wants it', async () => {
    const job = await JobWithStates.of(2, { elastic, onProgress: () => undefined });
    await job.job.form();
    const third = job.nextAttempt(1, stateOf(7), 1, {
      rank: 2,
      credentials: await credentialsFor(workerIdentity(2)),
    });
    const joining = third.form(JOIN, signal);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = await Promise.all([0, 1].map((rank) => job.member(rank).barrier(contribution(0), signal)));
    expect(before.map(({ ends }) => ends)).toEqual([false, false]);
    await poll(job, { wantedSize: 3, attempts: [] });
    await barriersUntilTheEnd([job.member(0), job.member(1)]);
    const [whole] = await formAll([
      [job.member(0), at(1)],
      [job.member(1), at(1)],
    ]);
    expect(whole?.members.map(({ rank }) => rank)).toEqual([0, 1, 2]);
    await expect(joining).resolves.toMatchObject({ step: 1, copiedFrom: 0 });
  });

  test('below the minimum they wait', async () => {
    const job = await JobWithStates.of(2, { elastic, recoverySeconds: 1, formationSeconds: 1 });
    await job.job.form();
    await lose(job, 1);
    await expect(job.member(0).form(at(5), signal)).rejects.toMatchObject({
      code: 'PEER_LOST',
      isFinal: true,
      ranks: [1],
    });
  });
});

test('members find a newer rank 0 under its name while the old one still lives', async () => {
  // The name of rank 0 is a relay here, as it is a Service on a cluster.
  const relay = await Relay.open();
  closing.push(relay);
  const job = await JobWithStates.of(2);
  const { coordinatorAddress } = job.job;
  relay.target = coordinatorAddress;
  const member = job.nextAttempt(1, stateOf(7), 1, { coordinatorAddress: relay.address });
  await formAll([
    [job.member(0), JOIN],
    [member, JOIN],
  ]);
  const listenAddress = `127.0.0.1:${await freePort()}`;
  const newer = job.nextAttempt(0, stateOf(8), 2, { listenAddress, coordinatorAddress: listenAddress });
  const forming = newer.form(at(0), signal);
  relay.target = listenAddress;
  const waiting = member.barrier(contribution(0), signal);
  await expect(waiting).rejects.toMatchObject({ code: 'PEER_LOST', rank: 0, endsOnlyGeneration: true });
  await formAll([[member, at(5)]]);
  await expect(forming).resolves.toMatchObject({ generation: 2, step: 5, copiedFrom: 1 });
});
