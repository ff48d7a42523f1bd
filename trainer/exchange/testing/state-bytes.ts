import type { StateMemory } from '../state-memory.ts';

/** Two places, so that a copy has to cross from one to the other; together more than one message. */
const PLACES = [1_500_000, 2_000_017];

export interface StateBytes {
  readonly memory: StateMemory;
  equals(other: StateBytes): boolean;
  readonly places: readonly Uint8Array[];
}

/** A state whose bytes tell whose it was. */
export function stateOf(mark: number): StateBytes {
  // Its length is prime, so that bytes in a wrong place show.
  const pattern = Buffer.from(Array.from({ length: 251 }, (_, i) => (i * 31 + mark * 101) & 255));
  const places = PLACES.map((length) => Buffer.alloc(length, pattern));
  const begins = [0, PLACES[0]!];
  return {
    places,
    equals: (other) => places.every((bytes, i) => Buffer.compare(bytes, other.places[i]!) === 0),
    memory: {
      bytes: PLACES[0]! + PLACES[1]!,
      ownFrom: PLACES[0]!,
      view(offset, length) {
        const place = offset < PLACES[0]! ? 0 : 1;
        const at = offset - begins[place]!;
        return places[place]!.subarray(at, at + length);
      },
    },
  };
}
