import type { Plan } from './fault.ts';
import { at } from './fault.ts';
import { WRITES } from './writes.ts';

/** Around every write of the reference run: C1, C2. */
export const crashes: readonly Plan[] = WRITES.flatMap((place) => [
  {
    id: 'C1',
    fault: 'operator killed before it',
    place,
    make: () =>
      at(place, async (passage, seat) => {
        await seat.kill();
        passage.reset();
        seat.start();
      }),
  },
  {
    id: 'C1',
    fault: 'operator killed after it, before the reply',
    place,
    make: () =>
      at(place, async (passage, seat) => {
        await passage.forward();
        await seat.kill();
        passage.reset();
        seat.start();
      }),
  },
  {
    id: 'C2',
    fault: 'its reply lost, operator alive',
    place,
    make: () =>
      at(place, async (passage) => {
        await passage.forward();
        passage.reset();
      }),
  },
]);
