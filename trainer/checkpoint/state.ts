import type { TensorSpec } from '../ternary/layout.ts';

/**
 * The parts of a training state. Weights, optimizer slots and the average of the weights are flat vectors in the layout of
 * the gradient (`trainer/ternary/layout.ts`); scalers are those that the next step is ternarized with; non-trainable weights are
 * packed in model order.
 */
export type StateKind = 'weights' | 'slot0' | 'slot1' | 'average' | 'scalers' | 'nonTrainable';

export interface StateRegion {
  readonly kind: StateKind;
  /** A view, perhaps of shared memory. */
  readonly values: Float32Array;
}

/** One tensor of one part, and where its values lie. */
export interface StateTensor {
  /** `weights/conv1/kernel`: the part, and the model's name of the tensor. */
  readonly name: string;
  readonly kind: StateKind;
  readonly shape: readonly number[];
  readonly size: number;
  /** Values from the start of its region. */
  readonly offset: number;
}

/** `FlatLayout.slots` are such. */
export interface PlacedTensor extends TensorSpec {
  readonly offset: number;
}

export interface StateModel {
  /** The trainable weights, model order. */
  readonly slots: readonly PlacedTensor[];
  /** The other weights, model order. */
  readonly nonTrainable: readonly TensorSpec[];
  /** How many scalers there are. Default 0. */
  readonly scalerUnits?: number;
}

/** All tensors of a state that has these parts, in the order of the parts and of the model. */
export function stateTensors(model: StateModel, kinds: readonly StateKind[]): readonly StateTensor[] {
  return kinds.flatMap((kind) =>
    placedTensors(model, kind).map(({ name, shape, size, offset }) => ({
      name: `${kind}/${name}`,
      kind,
      shape,
      size,
      offset,
    })),
  );
}

function placedTensors(model: StateModel, kind: StateKind): readonly PlacedTensor[] {
  if (kind === 'nonTrainable') return packed(model.nonTrainable);
  if (kind !== 'scalers') return model.slots;
  const { scalerUnits: size = 0 } = model;
  return [{ name: 'delayed', shape: [size], size, offset: 0 }];
}

/** Values of all tensors, without padding. */
export function stateValues(state: readonly StateTensor[]): number {
  return state.reduce((sum, { size }) => sum + size, 0);
}

/** Copies the tensors out of their regions, one after another, without padding. */
export function gatherState(
  state: readonly StateTensor[],
  regions: readonly StateRegion[],
  into: Float32Array,
): void {
  let at = 0;
  for (const tensor of state) {
    into.set(viewOf(tensor, regions), at);
    at += tensor.size;
  }
}

/** The opposite. Padding between the tensors becomes 0. */
export function scatterState(
  state: readonly StateTensor[],
  regions: readonly StateRegion[],
  from: Float32Array,
): void {
  const views = state.map((tensor) => viewOf(tensor, regions));
  const kinds = new Set(state.map(({ kind }) => kind));
  for (const { kind, values } of regions) if (kinds.has(kind)) values.fill(0);
  let at = 0;
  for (const view of views) {
    view.set(from.subarray(at, at + view.length));
    at += view.length;
  }
}

function viewOf({ kind, name, offset, size }: StateTensor, regions: readonly StateRegion[]): Float32Array {
  const view = regions.find((one) => one.kind === kind)?.values.subarray(offset, offset + size);
  if (view?.length !== size) throw new RangeError(`the regions of the state do not hold ${name}`);
  return view;
}

function packed(specs: readonly TensorSpec[]): PlacedTensor[] {
  let next = 0;
  return specs.map((spec) => {
    const offset = next;
    next += spec.size;
    return { ...spec, offset };
  });
}
