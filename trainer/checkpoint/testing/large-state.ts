import { stateTensors, type StateRegion } from '../state.ts';

const VALUES = 2_000_000;

/** 8 MB: some pieces of a file, so that a kill finds it half written. */
export const largeState = stateTensors(
  { slots: [{ name: 'w', shape: [VALUES], size: VALUES, offset: 0 }], nonTrainable: [] },
  ['weights'],
);

/** All values are `value`. */
export function largeRegions(value: number): readonly [StateRegion] {
  return [{ kind: 'weights', values: new Float32Array(VALUES).fill(value) }];
}
