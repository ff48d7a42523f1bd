import type { StateRegion } from '../checkpoint/state.ts';
import type { StateMemory } from '../exchange/state-memory.ts';
import type { StepMemory } from './memory.ts';

/** What the state consists of: all that a worker needs, besides the number of the step, to go on where another is. */
export function stateRegions(
  memory: WebAssembly.Memory,
  plan: Pick<StepMemory, 'weights' | 'slots' | 'average' | 'nonTrainable'>,
  lengths: { readonly values: number; readonly nonTrainableValues: number },
): readonly StateRegion[] {
  const region = (kind: StateRegion['kind'], at: number | undefined, length: number): StateRegion[] =>
    at === undefined ? [] : [{ kind, values: new Float32Array(memory.buffer, at, length) }];
  const { values, nonTrainableValues } = lengths;
  return [
    ...region('weights', plan.weights, values),
    ...region('slot0', plan.slots[0], values),
    ...region('slot1', plan.slots[1], values),
    ...region('average', plan.average, values),
    ...region('nonTrainable', plan.nonTrainable, nonTrainableValues),
  ];
}

/** The regions as one run of bytes, in order; non-trainable weights are last. */
export function stateMemory(regions: readonly StateRegion[]): StateMemory {
  let bytes = 0;
  const places = regions.map(({ values }) => {
    const begin = bytes;
    bytes += values.byteLength;
    return { begin, view: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
  });
  const own = regions.findIndex(({ kind }) => kind === 'nonTrainable');
  return {
    bytes,
    ownFrom: places[own]?.begin ?? bytes,
    view(offset, length) {
      const place = places.find(({ begin, view }) => offset >= begin && offset < begin + view.length);
      if (place === undefined) throw new RangeError(`byte ${offset} of a state of ${bytes}`);
      const at = offset - place.begin;
      return place.view.subarray(at, at + length);
    },
  };
}
