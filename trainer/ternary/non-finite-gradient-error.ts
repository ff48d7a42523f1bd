/** A gradient holds NaN or an infinity; it is never encoded. */
export class NonFiniteGradientError extends Error {
  readonly code = 'NON_FINITE_GRADIENT';
  readonly tensor: string;
  /** Place of the first bad value in the tensor, in row-major order; -1 when only its padding is bad. */
  readonly index: number;
  readonly value: number;

  constructor(tensor: string, index: number, value: number) {
    super(
      `the gradient of ${tensor} is ${value} at index ${index}; ` +
        `lower training.learningRate.initial, or look for a division by zero or a logarithm of zero in the loss`,
    );
    this.name = 'NonFiniteGradientError';
    this.tensor = tensor;
    this.index = index;
    this.value = value;
  }
}
