/** A data set cannot be read: a file is missing, truncated, malformed, or does not fit its partner. Never retried. */
export class DataError extends Error {
  readonly code = 'BAD_DATA';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DataError';
  }
}
