/** A gradient holds NaN or an infinity; it is never encoded. */
export class NonFiniteGradientError extends Error {
  readonly code = 'NON_FINITE_GRADIENT';
  readonly tensor: string;
  /** Place of the first bad value in the tensor, in row-major order; -1 when only its padding is bad. */
  readonly index: number;
  readonly value: number;
  readonly step: number | undefined;

  /** @param step where it is known: statistics alone do not know it. */
  constructor(tensor: string, index: number, value: number, step?: number) {
    const when = step === undefined ? '' : ` in step ${step}`;
    super(
      `the gradient of ${tensor} is ${value} at index ${index}${when}; ` +
        `lower training.learningRate.initial, or look for a division by zero or a logarithm of zero in the loss`,
    );
    this.name = 'NonFiniteGradientError';
    this.tensor = tensor;
    this.index = index;
    this.value = value;
    this.step = step;
  }

  /** The same, naming the step. */
  inStep(step: number): NonFiniteGradientError {
    return new NonFiniteGradientError(this.tensor, this.index, this.value, step);
  }
}
