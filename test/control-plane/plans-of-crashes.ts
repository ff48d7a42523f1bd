import { aroundWrite } from './around-write.ts';
import type { Plan } from './fault.ts';
import { WRITES } from './writes.ts';

/** Around every write of the reference run: C1, C2. */
export const crashes: readonly Plan[] = WRITES.flatMap((place) =>
  aroundWrite.map(({ id, fault, make }) => ({ id, fault, place, make: () => make(place) })),
);
