import type { Fault } from './fault.ts';
import { at } from './fault.ts';

/** The three moments around a write at which something can go wrong, of C1 and C2. */
export const aroundWrite: readonly {
  readonly id: 'C1' | 'C2';
  readonly fault: string;
  readonly make: (place: string) => Fault;
}[] = [
  {
    id: 'C1',
    fault: 'operator killed before it',
    make: (place) =>
      at(place, async (passage, seat) => {
        await seat.kill();
        passage.reset();
        seat.start();
      }),
  },
  {
    id: 'C1',
    fault: 'operator killed after it, before the reply',
    make: (place) =>
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
    make: (place) =>
      at(place, async (passage) => {
        await passage.forward();
        passage.reset();
      }),
  },
];
