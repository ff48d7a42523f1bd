import { PEER_LOSS_SECONDS, STEPS_PER_ROW } from './paced-job.ts';
import type { Link } from './link.ts';
import type { Row, SwitchedStage } from './row.ts';
import type { Switchboard } from './switchboard.ts';

const KEPT = 'all keep their processes and their state; the step is done again';
const DELAY_MS = 40;

/** What happens to connections. */
export const rowsOfLinks: readonly Row<SwitchedStage>[] = [
  cut('T5-cut-01', 0, 1),
  cut('T5-cut-12', 1, 2),
  cut('T5-cut-02', 0, 2),
  {
    id: 'T5-cut-all',
    fault: 'every connection is reset',
    rank: 'all',
    phase: 'in the batch',
    expected: KEPT,
    replaced: [],
    endsGeneration: true,
    async act({ crew, go }) {
      for (const link of crew.switchboard.links) link.reset();
      go();
    },
  },
  silence('T6-half-open-01', 0, 1),
  silence('T6-half-open-12', 1, 2),
  {
    id: 'T6-slow-link',
    fault: `every frame between two ranks is held up for ${DELAY_MS} ms`,
    rank: '0-1',
    phase: `for ${STEPS_PER_ROW - 1} steps`,
    expected: 'slower; nobody is lost',
    replaced: [],
    endsGeneration: false,
    async act({ crew, go, untilAt, step, gates }) {
      const links = linksBetween(crew.switchboard, 0, 1);
      const last = `train-${step + STEPS_PER_ROW - 1}` as const;
      for (const link of links) link.delayMs = DELAY_MS;
      gates.close(last);
      go();
      await untilAt(last, [0, 1, 2]);
      for (const link of links) link.delayMs = 0;
      gates.open(last);
    },
  },
];

function cut(id: string, one: number, other: number): Row<SwitchedStage> {
  return {
    id,
    fault: 'all connections between two ranks are reset',
    rank: `${one}-${other}`,
    phase: 'in the batch',
    expected: KEPT,
    replaced: [],
    endsGeneration: true,
    async act({ crew, go }) {
      const links = linksBetween(crew.switchboard, one, other);
      for (const link of links) link.reset();
      go();
    },
  };
}

function silence(id: string, one: number, other: number): Row<SwitchedStage> {
  return {
    id,
    fault: `connections between two ranks are half open beyond peerLossSeconds (${PEER_LOSS_SECONDS})`,
    rank: `${one}-${other}`,
    phase: 'from the batch on',
    expected: KEPT,
    replaced: [],
    endsGeneration: true,
    async act({ crew, go }) {
      const links = linksBetween(crew.switchboard, one, other);
      for (const link of links) link.silence();
      // Connections made from here on are whole.
      go();
    },
  };
}

function linksBetween(switchboard: Switchboard, one: number, other: number): readonly Link[] {
  const links = switchboard.between(one, other);
  if (links.length === 0) throw new Error(`there is no connection between ranks ${one} and ${other}`);
  return links;
}
