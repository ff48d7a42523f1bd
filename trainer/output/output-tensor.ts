/** A weight of the trained model, under the model's name for it. */
export interface OutputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** As many as the shape says, row-major; a view, perhaps of shared memory. */
  readonly values: Float32Array;
}

/** The bytes of all tensors, one after another. */
export function packedBytes(tensors: readonly OutputTensor[]): Uint8Array {
  const packed = new Float32Array(tensors.reduce((sum, { values }) => sum + values.length, 0));
  let at = 0;
  for (const { values } of tensors) {
    packed.set(values, at);
    at += values.length;
  }
  return new Uint8Array(packed.buffer);
}
