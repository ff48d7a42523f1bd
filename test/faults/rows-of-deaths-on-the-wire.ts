import { withoutSums, type ExchangeFrame } from './exchange-frames.ts';
import type { Sight, Treatment } from './link.ts';
import { RANKS } from './paced-job.ts';
import type { Row, SwitchedStage } from './row.ts';

const PAUSE = 'replaced; copies the state of a survivor; no step is lost';

type Kind = ExchangeFrame['kind'];

/** Workers that die while one of their frames is on its way, so that the others have a part of the step. */
export const rowsOfDeathsOnTheWire: readonly Row<SwitchedStage>[] = [
  ...RANKS.map((rank) =>
    killedWith(`T1-mid-push-${rank}`, rank, 'with half of its first contribution sent', 'push', halfOf),
  ),
  ...RANKS.map((rank) =>
    killedWith(
      `T1-before-sums-${rank}`,
      rank,
      'after its last push, before its first sum goes out',
      'pull',
      nothingOf,
    ),
  ),
  ...RANKS.map((rank) =>
    killedWith(
      `T1-mid-pull-${rank}`,
      rank,
      'with its sums sent to one peer and half sent to the other',
      'pull',
      halfOf,
      2,
    ),
  ),
  oneIsBehind('T1-applied-behind-dies', [2], 'it lacks the sums; the others have applied the step'),
  oneIsBehind('T1-applied-ahead-dies', [0], 'it has applied the step, and so has another survivor'),
  oneIsBehind('T1-applied-all-ahead-die', [0, 1], 'all who have applied the step; the step is done again'),
];

function halfOf({ bytes }: Sight): Buffer {
  return bytes.subarray(0, bytes.length >> 1);
}

function nothingOf(): Buffer {
  return Buffer.alloc(0);
}

/** @param which the how-many-th message of this kind. */
function killedWith(
  id: string,
  rank: number,
  phase: string,
  kind: Kind,
  sent: (sight: Sight) => Buffer,
  which = 1,
): Row<SwitchedStage> {
  return {
    id,
    fault: 'SIGKILL',
    rank: String(rank),
    phase,
    expected: PAUSE,
    replaced: [rank],
    endsGeneration: true,
    async act({ crew, step, go }) {
      const { switchboard } = crew;
      const targets = new Set<number>();
      const met = switchboard.once(
        (sight) => {
          if (!isOf(sight, kind, rank, step)) return false;
          targets.add(sight.link.to);
          return targets.size >= which;
        },
        (sight): Treatment => {
          // Nothing more of it goes out anywhere.
          for (const link of switchboard.links) if (link.from === rank && link !== sight.link) link.hold();
          return { forward: sent(sight), after: 'hold' };
        },
      );
      go();
      await met;
      crew.signal(rank, 'SIGKILL');
    },
  };
}

/** Rank 2 does not get rank 0's sums, so ranks 0 and 1 are a step ahead when somebody dies. */
function oneIsBehind(id: string, killed: readonly number[], phase: string): Row<SwitchedStage> {
  return {
    id,
    fault: 'SIGKILL',
    rank: killed.join(', '),
    phase,
    expected: PAUSE,
    replaced: killed,
    endsGeneration: true,
    async act({ crew, step, gates, go, untilAt }) {
      const { switchboard } = crew;
      const next = `train-${step + 1}` as const;
      gates.close(next);
      switchboard.always(
        (sight) => sight.link.to === 2 && isOf(sight, 'pull', 0, step),
        ({ bytes, frames }) => ({ forward: withoutSums(bytes, frames), after: 'goOn' }),
      );
      go();
      await untilAt(next, [0, 1]);
      switchboard.forget();
      for (const rank of killed) crew.signal(rank, 'SIGKILL');
      gates.open(next);
    },
  };
}

function isOf({ direction, frames }: Sight, kind: Kind, rank: number, step: number): boolean {
  return (
    direction === 'toTarget' &&
    frames.some((frame) => frame.kind === kind && frame.rank === rank && frame.step === step)
  );
}
