import { expect, test } from '@jest/globals';
import { gatherState, scatterState, stateTensors, stateValues } from './state.ts';
import { emptyRegions, exampleState, filledRegions } from './testing/example-state.ts';

test('each part has its tensors, named after part and tensor, in model order', () => {
  expect(exampleState.map(({ name, offset }) => `${name} at ${offset}`)).toEqual(
    ['weights', 'slot0', 'slot1', 'average']
      .flatMap((kind) => [
        `${kind}/conv1/bias at 240`, // exempt, so after the others
        `${kind}/conv1/kernel at 0`,
        `${kind}/dense/kernel at 80`,
      ])
      .concat('nonTrainable/norm/mean at 0', 'nonTrainable/norm/count at 3'),
  );
  expect(stateValues(exampleState)).toBe(4 * (3 + 6 + 90) + 4);
});

test('a part that is not named is not there', () => {
  const slots = [{ name: 'w', shape: [2], size: 2, offset: 0 }];
  expect(stateTensors({ slots, nonTrainable: [] }, ['weights', 'nonTrainable'])).toEqual([
    { name: 'weights/w', kind: 'weights', shape: [2], size: 2, offset: 0 },
  ]);
});

test('what is gathered is scattered to the same places, and padding becomes 0', () => {
  const packed = new Float32Array(stateValues(exampleState));
  gatherState(exampleState, filledRegions(7), packed);
  expect(packed.includes(0)).toBe(false);
  const regions = emptyRegions();
  for (const { values } of regions) values.fill(9);
  scatterState(exampleState, regions, packed);
  expect(regions).toEqual(filledRegions(7));
});

test.each(['weights', 'nonTrainable'] as const)(
  'regions without %s are refused, and none is changed',
  (kind) => {
    const packed = new Float32Array(stateValues(exampleState)).fill(1);
    const regions = emptyRegions().filter((region) => region.kind !== kind);
    expect(() => scatterState(exampleState, regions, packed)).toThrow(`do not hold ${kind}/`);
    expect(() => gatherState(exampleState, regions, packed)).toThrow(RangeError);
    expect(regions.every(({ values }) => values.every((value) => value === 0))).toBe(true);
  },
);

test('a region that is too short is refused', () => {
  const regions = emptyRegions().map(({ kind, values }) => ({ kind, values: values.subarray(0, 3) }));
  expect(() => scatterState(exampleState, regions, new Float32Array(400))).toThrow(
    'do not hold weights/conv1/bias',
  );
});
