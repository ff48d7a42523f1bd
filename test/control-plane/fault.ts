import type { ApiCall } from './api-call.ts';
import type { Stage, Step } from './life.ts';
import type { Passage, Treatment } from './passage.ts';
import type { Random } from './random.ts';
import type { Seat } from './seat.ts';

/** A life under way, as a fault gets at it. */
export interface Trial extends Stage {
  readonly operatorNamespace: string;
  /** One, or two where the fault asks for them: it starts the second. */
  readonly seats: readonly Seat[];
  /** The fault met what it was meant for; a life in which it did not proves nothing. */
  met(): void;
}

/** What goes wrong in one life. Made anew for each. */
export interface Fault {
  /** Two: with leader election. Default 1. */
  readonly operators?: 1 | 2;
  /** What becomes of a request; `undefined`: it passes. */
  readonly treat?: (trial: Trial, call: ApiCall, place: string, seat: Seat) => Treatment | undefined;
  /** Before a step acts. */
  readonly beforeStep?: (trial: Trial, step: Step) => Promise<void>;
  /** After a step has acted, before anything is expected of it. */
  readonly afterAct?: (trial: Trial, step: Step) => Promise<void>;
}

/** A row of the matrix. */
export interface Plan {
  /** Of the fault catalogue: `C1`. */
  readonly id: string;
  readonly fault: string;
  readonly place: string;
  /** Reads the one seed of the plan. */
  readonly make: (random: Random) => Fault;
  /** What was told already may be told again: it is what an old view looks like. Default false. */
  readonly mayRepeatEvents?: boolean;
  /** How long a step may take, where it is not the usual time. */
  readonly stepLimitMs?: number;
}

/** The one request of this place is treated so. */
export function at(
  place: string,
  treatment: (passage: Passage, seat: Seat, trial: Trial) => Promise<void>,
): Fault {
  return {
    treat: (trial, _call, seen, seat) => {
      if (seen !== place) return undefined;
      trial.met();
      return (passage) => treatment(passage, seat, trial);
    },
  };
}
