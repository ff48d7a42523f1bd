/** A compute backend that was asked for by name cannot be opened on this computer. */
export class BackendUnavailableError extends Error {
  readonly code = 'BACKEND_UNAVAILABLE';
  readonly backend: string;
  /** What the user can do, one line. */
  readonly remedy: string;

  constructor(backend: string, reason: string, remedy: string, options?: ErrorOptions) {
    super(`the ${backend} backend cannot be opened: ${reason}; ${remedy}`, options);
    this.name = 'BackendUnavailableError';
    this.backend = backend;
    this.remedy = remedy;
  }
}
