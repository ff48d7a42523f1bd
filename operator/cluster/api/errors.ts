/** The part of metav1.Status that says why a call was refused. */
export interface RefusalDetails {
  readonly name?: string;
  readonly kind?: string;
  readonly causes?: readonly {
    readonly reason?: string;
    readonly message?: string;
    readonly field?: string;
  }[];
}

/** What the server answered instead of doing what was asked. */
export interface Refusal {
  /** HTTP status, or the code of an ERROR event. */
  readonly status: number;
  /** metav1.StatusReason: `AlreadyExists`, `Conflict`, `Expired`, `Forbidden`, `Invalid`...; empty when the answer is not the API server's own. */
  readonly reason: string;
  /** The server's own words. */
  readonly message: string;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number;
  readonly details?: RefusalDetails;
}

/** The API server refused. Whether it is worth another try is told by `status` and `reason`. */
export class ApiError extends Error {
  readonly code = 'API_REFUSED';
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  readonly details: RefusalDetails | undefined;

  constructor({ status, reason, message, retryAfterMs, details }: Refusal) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.details = details;
  }
}

/** No whole answer came, so a write may or may not have happened: read before doing it again. */
export class ApiUnreachableError extends Error {
  readonly code = 'API_UNREACHABLE';
  readonly method: string;
  readonly path: string;
  /** The connection had served before: the server may simply have closed it while it was idle. */
  readonly onReusedConnection: boolean;

  constructor(method: string, path: string, cause: unknown, onReusedConnection: boolean) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${method} ${path} got no answer from the API server (${why}); it is asked again later`, { cause });
    this.name = 'ApiUnreachableError';
    this.method = method;
    this.path = path;
    this.onReusedConnection = onReusedConnection;
  }
}

/** Nothing came on a watch for so long, not even a bookmark, that its connection may be half open. */
export class WatchSilentError extends Error {
  readonly code = 'WATCH_SILENT';

  constructor(path: string, silentMs: number) {
    super(`the watch ${path} was silent for ${silentMs} ms; it is opened again`);
    this.name = 'WatchSilentError';
  }
}
