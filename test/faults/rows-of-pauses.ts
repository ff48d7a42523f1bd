import { setTimeout as pause } from 'node:timers/promises';
import { ExitCode } from '../../crds/exit-codes.ts';
import { until } from '../local-run/until.ts';
import { PEER_LOSS_SECONDS } from './paced-job.ts';
import type { LooseStage, Row } from './row.ts';

const SHORT_MS = 2_000;

/** Processes that stop for a while, or are asked to leave. */
export const rowsOfPauses: readonly Row<LooseStage>[] = [
  shortStop(0),
  shortStop(2),
  longStop(0),
  longStop(1),
  ...[0, 2].map(leaving),
];

function shortStop(rank: number): Row<LooseStage> {
  return {
    id: `T7-short-stop-${rank}`,
    fault: `SIGSTOP for ${SHORT_MS / 1000} s, shorter than peerLossSeconds`,
    rank: String(rank),
    phase: 'in its batch',
    expected: 'the others wait; nobody is lost',
    replaced: [],
    endsGeneration: false,
    async act({ crew, go }) {
      crew.signal(rank, 'SIGSTOP');
      go();
      await pause(SHORT_MS);
      crew.signal(rank, 'SIGCONT');
    },
  };
}

function longStop(rank: number): Row<LooseStage> {
  return {
    id: `T7-long-stop-${rank}`,
    fault: `SIGSTOP beyond peerLossSeconds (${PEER_LOSS_SECONDS}), then SIGCONT`,
    rank: String(rank),
    phase: 'in its batch',
    expected: 'named as lost; comes back as the same process; no step is lost',
    replaced: [],
    endsGeneration: true,
    says: new RegExp(`the next one forms: lost rank ${rank} in`),
    async act({ crew, go }) {
      const namedBefore = namesOf(crew.log, rank);
      crew.signal(rank, 'SIGSTOP');
      go();
      await until(
        `rank ${rank} is named as lost`,
        () => namesOf(crew.log, rank) > namedBefore,
        () => crew.log.slice(-4000),
      );
      crew.signal(rank, 'SIGCONT');
    },
  };
}

function namesOf(log: string, rank: number): number {
  return log.split(`the next one forms: lost rank ${rank} in`).length - 1;
}

function leaving(rank: number): Row<LooseStage> {
  return {
    id: `P5-leaves-${rank}`,
    fault: 'SIGTERM of one worker, as when its node is drained',
    rank: String(rank),
    phase: 'in its batch',
    expected: `leaves at the next barrier with ${ExitCode.stopped}; replaced; no step is lost`,
    replaced: [rank],
    endsGeneration: true,
    async act({ crew, go }) {
      const worker = crew.newest(rank);
      worker.signal('SIGTERM');
      go();
      const { exitCode, message } = await crew.endOf(worker);
      if (exitCode !== ExitCode.stopped) {
        throw new Error(
          `it ended with ${String(exitCode)} instead of ${ExitCode.stopped}: ${message?.message}`,
        );
      }
    },
  };
}
