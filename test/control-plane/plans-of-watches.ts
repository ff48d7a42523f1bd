import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, Plan } from './fault.ts';
import type { LineFilter, WatchOutput } from './passage.ts';
import { half, refuse } from './plans-of-answers.ts';
import type { Random } from './random.ts';

/** Whose watch is spoiled, and how many events it surely has in a life. */
const WATCHES = [
  ['TernGradJobs', 'terngradjobs', 12],
  ['Pods', 'pods', 16],
  ['Services', 'services', 3],
  ['NetworkPolicys', 'networkpolicies', 1],
] as const;

/** What becomes of the stream instead of the chosen event, which the operator then must get by itself. */
type Spoil = (line: string, output: WatchOutput) => 'ended' | 'goes on' | 'reset';

const FAULTS: readonly (readonly [fault: string, spoil: Spoil])[] = [
  [
    'ends in order in the middle of an event',
    (line, output) => {
      output.raw(line.slice(0, line.length / 2));
      return 'ended';
    },
  ],
  [
    'breaks in the middle of an event',
    (line, output) => {
      output.raw(line.slice(0, line.length / 2));
      return 'reset';
    },
  ],
  [
    'carries a line of garbage',
    (line, output) => {
      output.line('{"type":"MODIFIED","object":{"met\u0000');
      output.line(line);
      return 'goes on';
    },
  ],
  [
    'tells that it has expired (ERROR 410)',
    (_line, output) => {
      output.line(errorEvent(410, 'Expired'));
      return 'ended';
    },
  ],
  [
    'tells of an error (ERROR 500)',
    (_line, output) => {
      output.line(errorEvent(500, 'InternalError'));
      return 'ended';
    },
  ],
  ['ends in order before an event', () => 'ended'],
];

function errorEvent(code: number, reason: string): string {
  const object = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'a fault',
    reason,
    code,
  };
  return JSON.stringify({ type: 'ERROR', object });
}

/** The n-th event of the watches of one kind is spoiled; what comes before and after passes. */
function spoiled(plural: string, event: number, spoil: Spoil): Fault {
  let seen = 0;
  return {
    treat: (trial, { verb, plural: of }) => {
      if (verb !== 'watch' || of !== plural) return undefined;
      const filter: LineFilter = async (lines, output) => {
        for await (const line of lines) {
          seen += line.includes('"BOOKMARK"') ? 0 : 1;
          if (seen !== event) {
            output.line(line);
            continue;
          }
          seen += 1;
          trial.met();
          const then = spoil(line, output);
          if (then === 'reset') await flushed().then(() => output.reset());
          if (then !== 'goes on') return;
        }
      };
      return (passage) => passage.stream(filter);
    },
  };
}

/** What was written is on its way. */
async function flushed(): Promise<void> {
  await pause(50);
}

const streams: readonly Plan[] = WATCHES.flatMap(([kind, plural, events]) =>
  FAULTS.map(([fault, spoil]) => ({
    id: 'C7',
    fault,
    place: `watch of ${kind}`,
    make: (random: Random) => spoiled(plural, 1 + Math.floor(random() * events), spoil),
  })),
);

/** A lost watch, and then a server that is not well yet. */
const openings: readonly Plan[] = (
  [
    ['refused with 410 when it is opened again', 'watch', refuse(410, 'Expired')],
    ['refused with 500 when it is opened again', 'watch', refuse(500, 'InternalError')],
    ['refused with 403 when it is opened again', 'watch', refuse(403, 'Forbidden')],
    ['expired, and the list after it refused with 429', 'list', refuse(429, 'TooManyRequests')],
    ['expired, and of the list after it only half comes', 'list', half],
  ] as const
).flatMap(([fault, verb, treatment]) =>
  (['TernGradJobs', 'Pods'] as const).map((kind) => ({
    id: 'C7',
    fault,
    place: `watch of ${kind}`,
    make: (random: Random): Fault => {
      const plural = kind === 'Pods' ? 'pods' : 'terngradjobs';
      const expire = spoiled(plural, 1 + Math.floor(random() * 10), (_line, output) => {
        if (verb === 'list') output.line(errorEvent(410, 'Expired'));
        return 'ended';
      });
      let opened = 0;
      return {
        treat: (trial, call, place, seat) => {
          const isSuch = call.verb === verb && call.plural === plural;
          opened += isSuch ? 1 : 0;
          if (isSuch && opened === 2) return treatment;
          return expire.treat?.(trial, call, place, seat);
        },
      };
    },
  })),
);

/** Half open: nothing comes any more, and nothing says so. The operator gives a watch up after 120 s without a byte. */
const silent: readonly Plan[] = [
  {
    id: 'C7',
    fault: 'silent for ever from some event on',
    place: 'watch of Pods',
    stepLimitMs: 240_000,
    make: (random: Random): Fault => {
      const from = 3 + Math.floor(random() * 8);
      let seen = 0;
      let isOver = false;
      return {
        treat: (trial, { verb, plural }) => {
          if (verb !== 'watch' || plural !== 'pods' || isOver) return undefined;
          return (passage) =>
            passage.stream(async (lines, output) => {
              for await (const line of lines) {
                seen += 1;
                if (seen < from) output.line(line);
                else if (!isOver) {
                  isOver = true;
                  trial.met();
                  await output.closed;
                }
              }
            });
        },
      };
    },
  },
];

export const watches: readonly Plan[] = [...streams, ...openings, ...silent];
