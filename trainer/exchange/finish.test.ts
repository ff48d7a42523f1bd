import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { CoordinatorMessage, JoinRequest, MemberMessage } from '../wire/messages.ts';
import { realClock } from './clock.ts';
import { Coordinator } from './coordinator.ts';
import type { BarrierSession } from './coordinator.ts';

const GENERATION = 1;

function request(rank: number): JoinRequest {
  return {
    rank,
    attempt: 1,
    instance: `process-${rank}`,
    address: `worker-${rank}:7070`,
    signature: 'model',
    step: 8,
    stateHash: 'final state',
    generationSeen: 0,
    replicas: 3,
  };
}

class RecordedSession implements BarrierSession {
  readonly said: CoordinatorMessage[] = [];
  hasEnded = false;

  send(message: CoordinatorMessage): void {
    this.said.push(message);
  }

  end(): void {
    this.hasEnded = true;
  }
}

/** Rank 0 of three, which has its own final hash and those of the two others. */
async function finishing(): Promise<{
  coordinator: Coordinator;
  sessions: readonly [RecordedSession, RecordedSession];
  finished: Promise<readonly string[]>;
}> {
  const coordinator = new Coordinator({
    clock: realClock,
    replicas: 3,
    staffing: { wantedSize: 3, newestAttempts: new Map() },
    scaler: 'shared',
    stepDeadlineMs: 60_000,
    onRefused: () => {},
    events: { onAbort: () => {}, onLost: () => {} },
  });
  const formed = coordinator.join(request(0));
  for (const rank of [1, 2]) {
    coordinator.requestJoin(rank, request(rank), { reply: () => {}, end: () => {} });
  }
  await formed;
  const sessions = [new RecordedSession(), new RecordedSession()] as const;
  for (const [index, session] of sessions.entries()) {
    coordinator.attach(index + 1, { generation: GENERATION, attempt: 1 }, session);
  }
  const finished = coordinator.finish('hash');
  for (const rank of [1, 2]) tell(coordinator, rank, { finish: { finalHash: 'hash' } });
  return { coordinator, sessions, finished };
}

function tell(coordinator: Coordinator, rank: number, word: Partial<MemberMessage>): void {
  coordinator.receive(rank, { generation: GENERATION, attempt: 1, ...word });
}

const HASHES = ['hash', 'hash', 'hash'];

test('no member may go before all know the final hashes', async () => {
  const { coordinator, sessions, finished } = await finishing();
  for (const { said } of sessions) expect(said.at(-1)).toMatchObject({ finish: { finalHashes: HASHES } });
  tell(coordinator, 1, { confirm: {} });
  await setImmediate();
  expect(sessions.map(({ hasEnded }) => hasEnded)).toEqual([false, false]);
  tell(coordinator, 2, { confirm: {} });
  expect(await finished).toEqual(HASHES);
  expect(sessions.map(({ hasEnded }) => hasEnded)).toEqual([true, true]);
});

test('who is lost once the final hashes are known is not waited for', async () => {
  const { coordinator, sessions, finished } = await finishing();
  tell(coordinator, 1, { confirm: {} });
  coordinator.detached(2, sessions[1], 'its connection broke');
  expect(await finished).toEqual(HASHES);
  expect(sessions[0].hasEnded).toBe(true);
});
