import type { Sight } from './link.ts';
import type { Row, SwitchedStage } from './row.ts';

/** SHA-256 of the final weights; nothing else on a control stream is so long. */
const FINAL_HASH = /[0-9a-f]{64}/;

/** Deaths after the last step. Each needs a job of its own, since a job ends once. */
export const rowsOfTheFinish: readonly Row<SwitchedStage>[] = [
  inFinish(
    'T1-finish-1',
    1,
    'with its final hash on the way to rank 0',
    ({ direction, link }) => direction === 'toTarget' && link.from === 1,
  ),
  inFinish(
    'T1-finish-0',
    0,
    'with all final hashes on their way to the others',
    ({ direction }) => direction === 'fromTarget',
  ),
];

function inFinish(
  id: string,
  rank: number,
  phase: string,
  isIts: (sight: Sight) => boolean,
): Row<SwitchedStage> {
  return {
    id,
    fault: 'SIGKILL',
    rank: String(rank),
    phase,
    expected: 'replaced; copies the final state of a survivor; all agree on it and end with 0',
    // Both are only at the end; nothing happens before.
    replaced: [],
    endsGeneration: false,
    async act({ crew, go }) {
      let hasCome = false;
      const { switchboard } = crew;
      void switchboard.once(
        (sight) => sight.link.to === 0 && isIts(sight) && FINAL_HASH.test(sight.bytes.toString('latin1')),
        () => {
          hasCome = true;
          crew.signal(rank, 'SIGKILL');
          return { forward: Buffer.alloc(0), after: 'hold' };
        },
      );
      go();
      return () => hasCome;
    },
  };
}
