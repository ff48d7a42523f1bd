import type { Random } from '../control-plane/random.ts';
import type { Crew } from './crew.ts';
import type { Gates } from './gates.ts';
import type { LooseCrew } from './loose-crew.ts';
import type { Switchboard } from './switchboard.ts';

/** A job in whose step something goes wrong. All ranks are in their batch of `step`, at a closed gate. */
export interface Stage<OfCrew extends Crew = Crew> {
  readonly crew: OfCrew;
  readonly step: number;
  readonly gates: Gates;
  /** For this row alone, from the seed. */
  readonly random: Random;
  /** Lets the ranks go on. */
  go(): void;
  /** Resolves once all these ranks are at a gate. */
  untilAt(gate: Parameters<Gates['isAt']>[0], ranks: readonly number[]): Promise<void>;
}

export type LooseStage = Stage<LooseCrew>;
export type SwitchedStage = Stage<LooseCrew & { readonly switchboard: Switchboard }>;

/** A row of the matrix. */
export interface Row<OfStage extends Stage = Stage> {
  /** Replays this row alone. The first part is the fault's in the catalogue: `T1`. */
  readonly id: string;
  readonly fault: string;
  readonly rank: string;
  readonly phase: string;
  readonly expected: string;
  /** Ranks that have a new process afterwards; all others have the one they had. */
  readonly replaced: readonly number[];
  /** Whether the generation ends: `true` must, `false` must not. */
  readonly endsGeneration: boolean;
  /** How many steps the next generation may begin before this one's, where no state survives. Default 0. */
  readonly stepsLost?: number;
  /** Must be in a worker's log afterwards, and not before. */
  readonly says?: RegExp;
  /**
   * Must call `stage.go()`. Where the fault comes only at the end of the job, resolves with what is asked then: whether
   * it has come.
   */
  act(stage: OfStage): Promise<void | (() => boolean)>;
}
