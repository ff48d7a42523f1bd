import { planLayout, type TensorSpec } from '../../ternary/layout.ts';
import type { CheckpointFacts } from '../facts.ts';
import { stateTensors, type StateKind, type StateRegion } from '../state.ts';

export const SIGNATURE = 'aa'.repeat(32);
export const JOB_UID = '7d9c3a52-0000-4000-8000-000000000001';

function spec(name: string, ...shape: number[]): TensorSpec {
  return { name, shape, size: shape.reduce((product, length) => product * length, 1) };
}

/** The bias is exempt, so the flat vector has another order than the model, and padding. */
const layout = planLayout(
  [spec('conv1/bias', 3), spec('conv1/kernel', 2, 3), spec('dense/kernel', 10, 9)],
  ({ shape }) => shape.length < 2,
);
const nonTrainable = [spec('norm/mean', 3), spec('norm/count')];

const KINDS: readonly StateKind[] = ['weights', 'slot0', 'slot1', 'average', 'nonTrainable'];

export const exampleState = stateTensors({ slots: layout.slots, nonTrainable }, KINDS);

/** Zeros, in shared memory as in a worker. */
export function emptyRegions(): StateRegion[] {
  return KINDS.map((kind) => {
    const length = kind === 'nonTrainable' ? 4 : layout.values;
    return { kind, values: new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT)) };
  });
}

/** Another value everywhere, another for each `seed`; padding is 0. */
export function filledRegions(seed: number): StateRegion[] {
  const regions = emptyRegions();
  for (const [index, { kind, offset, size }] of exampleState.entries()) {
    const { values } = regions.find((region) => region.kind === kind)!;
    for (let i = 0; i < size; i++) values[offset + i] = seed + index + (i + 1) / 1000;
  }
  return regions;
}

export function factsAt(step: number, change: Partial<CheckpointFacts> = {}): CheckpointFacts {
  return {
    jobUid: JOB_UID,
    jobName: 'lenet',
    jobNamespace: 'default',
    signature: SIGNATURE,
    step,
    totalSteps: 1000,
    epoch: 2,
    cursor: 640,
    generation: 5,
    stateHash: '0123456789abcdef',
    backend: 'cpu',
    ...change,
  };
}
