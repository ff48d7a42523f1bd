import { afterEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createExchange } from './create-exchange.ts';
import type { Exchange, ExchangeOptions, ObservedStore, Observer } from './exchange.ts';
import { FloatStore } from './testing/float-store.ts';
import { contribution, credentialsFor, JOIN, LocalJob, workerIdentity } from './testing/local-job.ts';
import type { StateBytes } from './testing/state-bytes.ts';
import { stateOf } from './testing/state-bytes.ts';

const { signal } = new AbortController();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

const CHUNKS = [40, 7];
const STEP_MS = 20;
/** Three are wanted, and two go on without the third after a second. */
const elastic = { minReplicas: 2, maxReplicas: 4, graceSeconds: 1 };

/** What stands for the weights: changed by every step's sums and by nothing else. */
function update({ places: [weights] }: StateBytes, step: number, sums: readonly Uint8Array[]): void {
  const mark = createHash('sha256').update(String(step));
  for (const sum of sums) mark.update(sum);
  weights?.set(mark.digest(), (step * 32) % 1_000_000);
}

function hashOf({ places: [weights] }: StateBytes): string {
  return createHash('sha256')
    .update(weights ?? '')
    .digest('hex')
    .slice(0, 16);
}

interface Trained {
  readonly step: number;
  readonly stateHash: string;
}

/** A member's steps until the generation ends by agreement. */
async function train(exchange: Exchange, state: StateBytes, index: number, from: number): Promise<Trained> {
  const store = new FloatStore(CHUNKS, 2, index);
  for (let step = from; ; step++) {
    const stateHash = hashOf(state);
    const scalers = Float32Array.of(step, 0.5);
    const { ends } = await exchange.barrier(contribution(step, { stateHash, scalers }), signal);
    if (ends) return { step, stateHash };
    store.fill(step);
    const running = exchange.beginStep(step, store);
    for (let c = 0; c < store.chunkCount; c++) running.chunkEncoded(c);
    await running.staged;
    update(
      state,
      step,
      CHUNKS.map((_, c) => store.pullPayload(c)),
    );
    // The member's own weights, which no sum determines.
    state.places[1]?.fill(step + 10);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

/** Applies what it is given, as the compute thread does. */
class RecordingObserver implements Observer {
  readonly steps: number[] = [];
  readonly scalers: number[] = [];
  begunAt: { readonly step: number; readonly stateHash: string; readonly members: number } | undefined;
  readonly #state: StateBytes;
  readonly #applyMs: number;
  readonly #store = new FloatStore(CHUNKS, 2, 0);
  readonly #sharedScalers = new Float32Array(2);

  constructor(state: StateBytes, applyMs = 0) {
    this.#state = state;
    this.#applyMs = applyMs;
  }

  async begin(at: NonNullable<RecordingObserver['begunAt']>): Promise<ObservedStore> {
    this.begunAt = at;
    if (hashOf(this.#state) !== at.stateHash) throw new Error('the state is not the one that was announced');
    const store = this.#store;
    return {
      chunkCount: store.chunkCount,
      sumPlace: (c, bytes) => store.sumPlace(c, bytes),
      sharedScalers: this.#sharedScalers,
      beginStep: () => undefined,
    };
  }

  async apply(step: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, this.#applyMs));
    this.steps.push(step);
    this.scalers.push(this.#sharedScalers[0] ?? -1);
    update(
      this.#state,
      step,
      CHUNKS.map((_, c) => this.#store.pullPayload(c)),
    );
    return hashOf(this.#state);
  }
}

/** Two members of a job of three that train, and the means to start the third. */
async function trainingJob() {
  const states = [stateOf(1), stateOf(1)];
  let options: ExchangeOptions | undefined;
  const job = await LocalJob.of(2, (usual) => {
    options = { ...usual, replicas: 3, elastic, state: states[usual.rank]!.memory };
    return options;
  });
  closing.push(job);
  await job.form();
  return {
    job,
    states,
    train: (from = 0) =>
      Promise.all(job.members.map((member, index) => train(member, states[index]!, index, from))),
    third: async (state: StateBytes): Promise<Exchange> => {
      const third = createExchange({
        ...options!,
        rank: 2,
        listenAddress: '127.0.0.1:0',
        credentials: await credentialsFor(workerIdentity(2)),
        state: state.memory,
      });
      closing.push(third);
      return third;
    },
  };
}

describe('a worker that finds the others training', () => {
  test('follows their steps while they go on, and joins at a border with their state', async () => {
    const { job, states, train: trainAll, third } = await trainingJob();
    const state = stateOf(7);
    const joiner = await third(state);
    const observer = new RecordingObserver(state);
    const training = trainAll();
    await joiner.observe(JOIN, observer, signal);
    const [zero, one] = await training;
    expect(zero).toEqual(one);
    const begun = observer.begunAt?.step ?? -1;
    expect(observer.begunAt).toMatchObject({ members: 2 });
    expect(observer.steps).toEqual(Array.from({ length: zero!.step - begun }, (_, i) => begun + i));
    expect(observer.steps.length).toBeGreaterThan(0);
    expect(observer.scalers).toEqual(observer.steps);
    // Also what no sum determines is a peer's, as it is at the border.
    expect(state.equals(states[1]!)).toBe(true);
    const memberships = await Promise.all(
      [...job.members, joiner].map((member) => member.form({ ...JOIN, ...zero! }, signal)),
    );
    expect(memberships.map(({ members, copiedFrom }) => [members.length, copiedFrom])).toEqual(
      memberships.map(() => [3, undefined]),
    );
  });

  test('however slow it is, the others do not wait for it', async () => {
    const { job, train: trainAll, third } = await trainingJob();
    const state = stateOf(7);
    const joiner = await third(state);
    const observer = new RecordingObserver(state);
    const apply = observer.apply.bind(observer);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((open) => (release = open));
    const begun = new Promise<void>((resolve) => {
      observer.apply = async (step) => {
        resolve();
        await gate;
        return apply(step);
      };
    });
    const training = trainAll();
    const observing = joiner.observe(JOIN, observer, signal);
    await begun;
    const before = job.members[0]!.counters.sent.push.wire;
    while (job.members[0]!.counters.sent.push.wire < 3 * before) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    const late = await third(stateOf(8));
    const forming = late.form(JOIN, signal).catch(() => undefined);
    const [zero, one] = await training;
    expect(zero).toEqual(one);
    release();
    await observing;
    // It has caught up with all that it had missed.
    expect(hashOf(state)).toBe(zero?.stateHash);
    await late.close();
    await forming;
  });

  test('with another model is told so when it joins, and the others go on', async () => {
    const { train: trainAll, third } = await trainingJob();
    const joiner = await third(stateOf(7));
    const observer = new RecordingObserver(stateOf(7));
    const training = trainAll();
    const other = { ...JOIN, signature: 'another' };
    await joiner.observe(other, observer, signal);
    expect(observer.begunAt).toBeUndefined();
    await expect(joiner.form(other, signal)).rejects.toMatchObject({
      code: 'HANDSHAKE_REFUSED',
      field: 'signature',
    });
    const right = await third(stateOf(7));
    void right.form(JOIN, signal).catch(() => undefined);
    const [zero, one] = await training;
    expect(zero).toEqual(one);
  });

  test('whose copy is damaged on the way joins without a state', async () => {
    const { job, train: trainAll, third } = await trainingJob();
    const state = stateOf(7);
    const joiner = await third(state);
    const observer = new RecordingObserver(state);
    observer.begin = () => Promise.reject(new Error('the state is not the one that was announced'));
    const training = trainAll();
    await joiner.observe(JOIN, observer, signal);
    const forming = joiner.form(JOIN, signal);
    const [zero] = await training;
    const [first] = await Promise.all(
      job.members.map((member) => member.form({ ...JOIN, ...zero! }, signal)),
    );
    expect(first).toMatchObject({ copiedFrom: undefined, step: zero!.step });
    await expect(forming).resolves.toMatchObject({ copiedFrom: 0, stateHash: zero!.stateHash });
  });

  test('that goes with a generation that fails keeps what it has', async () => {
    const { job, train: trainAll, third } = await trainingJob();
    const state = stateOf(7);
    const joiner = await third(state);
    // So slow that it does not ask for the border before the loss.
    const observer = new RecordingObserver(state, 60);
    const training = trainAll().catch((error: unknown) => error);
    const observing = joiner.observe(JOIN, observer, signal);
    while (observer.steps.length === 0) await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    await job.members[1]!.close();
    await observing;
    await expect(training).resolves.toMatchObject({ endsOnlyGeneration: expect.any(Boolean) });
    expect(observer.steps.length).toBeGreaterThan(0);
    expect(joiner.hasOwnState).toBe(true);
  });
});

test('nobody trains: there is nothing to follow', async () => {
  const { third } = await trainingJob();
  const [state, observer] = [stateOf(7), new RecordingObserver(stateOf(7))];
  const joiner = await third(state);
  await closing[0]?.close();
  await joiner.observe(JOIN, observer, signal);
  expect(observer.begunAt).toBeUndefined();
});
