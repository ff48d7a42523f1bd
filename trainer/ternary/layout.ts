/** Values per block: 5 rows of 16 lanes, which base-3 packing turns into 16 bytes. Every tensor starts at a block. */
export const BLOCK_VALUES = 80;

export const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Product of `shape`: 1 for a scalar. */
  readonly size: number;
}

export interface TensorSlot extends TensorSpec {
  /** Place in model order. */
  readonly index: number;
  /** Values from the start of the flat vector; a multiple of `BLOCK_VALUES`. */
  readonly offset: number;
  /** Sent as floats, not ternarized. */
  readonly exempt: boolean;
}

/**
 * Where each tensor lies in the flat float32 vector that holds a gradient, the weights or an optimizer slot:
 *
 *     | ternarized tensors, model order | exempt tensors, model order |
 *     0                                 ternaryValues                 values
 *
 * Each tensor is padded with zeros to whole blocks, so a block belongs to exactly one tensor.
 */
export interface FlatLayout {
  /** In model order. */
  readonly slots: readonly TensorSlot[];
  /** Length of the flat vector, with padding. */
  readonly values: number;
  /** Sum of the tensors' sizes, without padding. */
  readonly parameterCount: number;
  readonly ternaryValues: number;
}

/** A tensor without values, or with a size that is not its shape's. */
export class TensorSizeError extends Error {
  readonly code = 'TENSOR_SIZE';
  readonly tensor: string;

  constructor(tensor: TensorSpec) {
    super(
      `tensor ${tensor.name} of shape [${tensor.shape.join(', ')}] has size ${tensor.size}; ` +
        `the size must be the product of the shape and at least 1`,
    );
    this.name = 'TensorSizeError';
    this.tensor = tensor.name;
  }
}

/** @throws TensorSizeError */
export function planLayout(
  tensors: readonly TensorSpec[],
  isExempt: (tensor: TensorSpec, index: number) => boolean,
): FlatLayout {
  for (const tensor of tensors) checkSize(tensor);
  const exempt = tensors.map(isExempt);
  const offsets: number[] = [];
  const ternaryValues = place(tensors, (index) => !exempt[index], 0, offsets);
  const values = place(tensors, (index) => exempt[index] === true, ternaryValues, offsets);
  const slots = tensors.map((tensor, index) => ({
    name: tensor.name,
    shape: tensor.shape,
    size: tensor.size,
    index,
    offset: offsets[index]!,
    exempt: exempt[index]!,
  }));
  return { slots, values, ternaryValues, parameterCount: slots.reduce((sum, slot) => sum + slot.size, 0) };
}

/** Whole blocks that hold `values`. */
export function blocksOf(values: number): number {
  return Math.ceil(values / BLOCK_VALUES);
}

function place(
  tensors: readonly TensorSpec[],
  isHere: (index: number) => boolean,
  start: number,
  offsets: number[],
): number {
  let next = start;
  for (const [index, tensor] of tensors.entries()) {
    if (!isHere(index)) continue;
    offsets[index] = next;
    next += blocksOf(tensor.size) * BLOCK_VALUES;
  }
  return next;
}

function checkSize(tensor: TensorSpec): void {
  const product = tensor.shape.reduce((size, dimension) => size * dimension, 1);
  if (product !== tensor.size || !Number.isSafeInteger(product) || product < 1)
    throw new TensorSizeError(tensor);
}
