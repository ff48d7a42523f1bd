import { ApiError } from './errors.ts';

/** What of metav1.Status is read. Anything may be missing: a proxy in between answers in its own words. */
interface Status {
  readonly kind?: unknown;
  readonly code?: unknown;
  readonly reason?: unknown;
  readonly message?: unknown;
  readonly details?: unknown;
}

/** Of an answer that isn't the API server's, no more than this is repeated. */
const MAX_FOREIGN_TEXT_CHARACTERS = 200;

/** The error for an HTTP answer that isn't 2xx. */
export function refusalFromAnswer(
  httpStatus: number,
  retryAfter: string | undefined,
  body: string,
): ApiError {
  const status = parseStatus(body);
  if (status === undefined) {
    const text = body.trim().slice(0, MAX_FOREIGN_TEXT_CHARACTERS);
    return new ApiError({
      status: httpStatus,
      reason: '',
      message: `HTTP ${httpStatus}${text === '' ? '' : `: ${text}`}`,
      ...retryAfterOf(retryAfter, undefined),
    });
  }
  return refusalFromStatus(status, httpStatus, retryAfter);
}

/** The error for a metav1.Status, as an ERROR event of a watch carries it. */
export function refusalFromStatus(status: Status, httpStatus: number, retryAfter?: string): ApiError {
  const details = typeof status.details === 'object' && status.details !== null ? status.details : undefined;
  return new ApiError({
    status: typeof status.code === 'number' ? status.code : httpStatus,
    reason: typeof status.reason === 'string' ? status.reason : '',
    message: typeof status.message === 'string' ? status.message : `HTTP ${httpStatus}`,
    ...retryAfterOf(retryAfter, details),
    ...(details === undefined ? {} : { details }),
  });
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    return (parsed as Status).kind === 'Status' ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds only: the API server writes no dates (RFC 9110, 10.2.3). */
function retryAfterOf(header: string | undefined, details: object | undefined): { retryAfterMs?: number } {
  const inBody =
    details !== undefined && 'retryAfterSeconds' in details ? details.retryAfterSeconds : undefined;
  const seconds = Number(header ?? inBody ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {};
}
