import type { StateRegion } from '../checkpoint/state.ts';
import type { StateMemory } from '../exchange/state-memory.ts';
import type { StepMemory } from './memory.ts';
import { StateVectors } from './state-vectors.ts';

const SLOT_KINDS = ['slot0', 'slot1'] as const;

/** What the state consists of: all that a worker needs, besides the number of the step, to go on where another is. */
export function stateRegions(
  memory: WebAssembly.Memory,
  plan: Pick<StepMemory, 'average' | 'delayedScalers' | 'nonTrainable'> &
    ConstructorParameters<typeof StateVectors>[1],
  lengths: { readonly values: number; readonly scalerUnits: number; readonly nonTrainableValues: number },
): readonly StateRegion[] {
  const vectors = new StateVectors(memory.buffer as SharedArrayBuffer, plan);
  const floats = (at: number, length: number): Float32Array => new Float32Array(memory.buffer, at, length);
  /** Looked up whenever it is asked for: the vector may be in another place after the next step. */
  const moving = (kind: StateRegion['kind'], place: () => number): StateRegion => ({
    kind,
    get values() {
      return floats(place(), values);
    },
  });
  const region = (kind: StateRegion['kind'], at: number | undefined, length: number): StateRegion[] =>
    at === undefined ? [] : [{ kind, values: floats(at, length) }];
  const { values, scalerUnits, nonTrainableValues } = lengths;
  return [
    moving('weights', () => vectors.present.weights),
    ...SLOT_KINDS.slice(0, plan.slots.length).map((kind, slot) =>
      moving(kind, () => vectors.present.slots[slot] as number),
    ),
    ...region('average', plan.average, values),
    ...region('scalers', plan.delayedScalers, scalerUnits),
    ...region('nonTrainable', plan.nonTrainable, nonTrainableValues),
  ];
}

/** The regions as one run of bytes, in order; non-trainable weights are last. */
export function stateMemory(regions: readonly StateRegion[]): StateMemory {
  let bytes = 0;
  const places = regions.map((region) => {
    const begin = bytes;
    const { byteLength } = region.values;
    bytes += byteLength;
    return { begin, end: bytes, region };
  });
  const own = regions.findIndex(({ kind }) => kind === 'nonTrainable');
  return {
    bytes,
    ownFrom: places[own]?.begin ?? bytes,
    view(offset, length) {
      const place = places.find(({ begin, end }) => offset >= begin && offset < end);
      if (place === undefined) throw new RangeError(`byte ${offset} of a state of ${bytes}`);
      const { buffer, byteOffset } = place.region.values;
      const bytesLeft = Math.min(length, place.end - offset);
      return new Uint8Array(buffer, byteOffset + offset - place.begin, bytesLeft);
    },
  };
}
