import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Plan } from './fault.ts';
import { at } from './fault.ts';
import type { Answer, Passage } from './passage.ts';

/** One of each kind of write. */
const PLACES: readonly string[] = [
  'create Secret terngrad-operator-authority',
  'create NetworkPolicy example',
  'create Service example-coordinator',
  'create Secret example-ranks-0',
  'create Pod example-worker-1-1',
  'status Running',
  'Event JobRunning',
  'status Restarting',
  'create Pod example-worker-1-2',
  'apply Service example-coordinator',
  'delete Pod example-worker-0-2',
  'status Succeeded',
  'delete TernGradJob example',
];

const SLOW_MS = 3_000;
/** The operator gives a call up after 30 s. */
const SILENT_MS = 33_000;

type Treatment = (passage: Passage) => Promise<void>;

/** What the API server, or something on the way to it, may answer: C5, C6. */
const ANSWERS: readonly (readonly [id: string, fault: string, treatment: Treatment])[] = [
  ['C5', 'refused with 409 Conflict', refuse(409, 'Conflict')],
  ['C6', 'refused with 429, Retry-After 1 s', refuse(429, 'TooManyRequests', { 'retry-after': '1' })],
  ['C6', 'refused with 500', refuse(500, 'InternalError')],
  ['C6', 'refused with 503', refuse(503, 'ServiceUnavailable')],
  ['C6', 'refused with 403, as by a quota or lost rights', refuse(403, 'Forbidden')],
  ['C6', 'carried out, the answer 3 s late', slow],
  ['C6', 'carried out, only half of the answer comes', half],
];

const onWrites: readonly Plan[] = ANSWERS.flatMap(([id, fault, treatment]) =>
  PLACES.map((place) => ({ id, fault, place, make: () => at(place, treatment) })),
);

/** As long as it is hidden from a client that gives up: it costs half a minute, so it is tried at few places. */
const onSilence: readonly Plan[] = ['status Restarting', 'create Pod example-worker-1-2'].map((place) => ({
  id: 'C6',
  fault: 'carried out, no answer for 33 s',
  place,
  stepLimitMs: 120_000,
  make: () =>
    at(place, async (passage) => {
      const answer = await passage.forward();
      await pause(SILENT_MS);
      passage.reply(answer);
    }),
}));

/** The same refusal again and again, for a while. */
const onPersistence: readonly Plan[] = (
  [
    [
      'C5',
      'refused with 409 for 3 s, as by a co-writer who never rests',
      409,
      'Conflict',
      'applyStatus',
      'terngradjobs',
    ],
    ['C6', 'refused with 403 for 3 s, as without rights', 403, 'Forbidden', 'create', 'pods'],
    ['C6', 'refused with 500 for 3 s', 500, 'InternalError', 'delete', 'pods'],
    [
      'C6',
      'refused with 429 for 3 s, without Retry-After',
      429,
      'TooManyRequests',
      'applyStatus',
      'terngradjobs',
    ],
  ] as const
).map(([id, fault, status, reason, verb, plural]) => ({
  id,
  fault,
  place: `each ${verb} of ${plural}`,
  make: () => throughout(verb, plural, refuse(status, reason)),
}));

const REFUSED_FOR_MS = 3_000;

/** From the first such request on, for a while. */
function throughout(verb: string, plural: string, treatment: Treatment): Fault {
  let sinceMs: number | undefined;
  return {
    treat: (trial, call) => {
      if (call.verb !== verb || call.plural !== plural) return undefined;
      trial.met();
      sinceMs ??= performance.now();
      return performance.now() - sinceMs < REFUSED_FOR_MS ? treatment : undefined;
    },
  };
}

export const answers: readonly Plan[] = [...onWrites, ...onSilence, ...onPersistence];

/** Not carried out. */
export function refuse(status: number, reason: string, headers: Answer['headers'] = {}): Treatment {
  return (passage) => {
    passage.reply(refusal(status, reason, headers));
    return Promise.resolve();
  };
}

function refusal(status: number, reason: string, headers: Answer['headers']): Answer {
  const message = `a fault of the test: ${reason}`;
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  };
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

async function slow(passage: Passage): Promise<void> {
  const answer = await passage.forward();
  await pause(SLOW_MS);
  passage.reply(answer);
}

export async function half(passage: Passage): Promise<void> {
  passage.replyHalf(await passage.forward());
}
