/**
 * How a worker process ends. The failure policy of the operator reads these, so they are part of the API:
 * a code never changes its meaning. Numbers follow sysexits.h where it has one.
 */
export const ExitCode = {
  /** The job is done and every member confirmed the final hash. */
  done: 0,
  /** The job file, the environment, a port or a certificate is wrong. Never retried. */
  badConfiguration: 64,
  /** A data file is missing, truncated or malformed. Never retried. */
  badData: 65,
  /** The user's program threw, or the loss or a gradient is not finite. Not retried by default. */
  programFailed: 66,
  /** A peer was lost, or never came, beyond the deadline. Never counted as this worker's failure. */
  peerLost: 69,
  /** Our own defect. */
  internal: 70,
  /** Asked to stop; the state is saved where a checkpoint is configured. Free. */
  stopped: 75,
  /** A newer attempt of this rank exists. Ignored. */
  fenced: 76,
} as const;

export type ExitCodeName = keyof typeof ExitCode;
export type ExitCode = (typeof ExitCode)[ExitCodeName];
