import { ExitCode } from '../crds/exit-codes.ts';

/** Why a worker ends without success, as it leaves the process: exit code, machine reason, human message. */
export interface Failure {
  readonly exitCode: ExitCode;
  /** CamelCase and stable. */
  readonly reason: string;
  readonly message: string;
  readonly stack: string | undefined;
}

/** A failure that crossed a thread: it carries its outcome, because classes and causes do not cross. */
export class CarriedFailureError extends Error {
  override readonly name = 'CarriedFailureError';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
    if (failure.stack !== undefined) this.stack = failure.stack;
  }
}

/** The one place where error codes become exit codes. An error that is not listed is our own defect. */
const outcomes: Readonly<Record<string, readonly [ExitCode, string]>> = {
  INVALID_ENVIRONMENT: [ExitCode.badConfiguration, 'InvalidEnvironment'],
  INVALID_JOB: [ExitCode.badConfiguration, 'InvalidJob'],
  INVALID_PROGRAM: [ExitCode.badConfiguration, 'InvalidProgram'],
  BACKEND_UNAVAILABLE: [ExitCode.badConfiguration, 'BackendUnavailable'],
  CHECKPOINT_DIRECTORY: [ExitCode.badConfiguration, 'CheckpointDirectory'],
  CHECKPOINT_JOB_UID: [ExitCode.badConfiguration, 'JobUid'],
  CHECKPOINT_FOREIGN: [ExitCode.badConfiguration, 'ForeignCheckpoint'],
  CHECKPOINT_UNREADABLE: [ExitCode.badConfiguration, 'CheckpointUnreadable'],
  CHECKPOINT_STATE: [ExitCode.badConfiguration, 'ForeignCheckpoint'],
  NEWER_FORMAT: [ExitCode.badConfiguration, 'NewerFormat'],
  CHECKPOINT_NONE_COMPLETE: [ExitCode.badData, 'NoCompleteCheckpoint'],
  DAMAGED_FILE: [ExitCode.badData, 'DamagedFile'],
  OUTPUT_PLACE: [ExitCode.badConfiguration, 'OutputPlace'],
  OUTPUT_WRITE: [ExitCode.internal, 'OutputNotWritten'],
  WRONG_STATE: [ExitCode.internal, 'WrongState'],
  MODEL_TOO_LARGE: [ExitCode.badConfiguration, 'ModelTooLarge'],
  HANDSHAKE_REFUSED: [ExitCode.badConfiguration, 'HandshakeRefused'],
  BAD_CERTIFICATE: [ExitCode.badConfiguration, 'BadCertificate'],
  EADDRINUSE: [ExitCode.badConfiguration, 'PortTaken'],
  BAD_DATA: [ExitCode.badData, 'BadData'],
  PROGRAM_FAILED: [ExitCode.programFailed, 'ProgramFailed'],
  LOSS_NOT_FINITE: [ExitCode.programFailed, 'LossNotFinite'],
  NON_FINITE_GRADIENT: [ExitCode.programFailed, 'GradientNotFinite'],
  VALUE_BEYOND_FLOAT16: [ExitCode.programFailed, 'ValueBeyondFloat16'],
  COMPUTE_HUNG: [ExitCode.internal, 'ComputeHung'],
  NO_STATE: [ExitCode.internal, 'NoState'],
  REPLICA_MISMATCH: [ExitCode.internal, 'ReplicaMismatch'],
  BAD_FRAME: [ExitCode.internal, 'BadFrame'],
  LISTEN_FAILED: [ExitCode.badConfiguration, 'ListenFailed'],
  CERTIFICATE_DIRECTORY: [ExitCode.badConfiguration, 'BadCertificate'],
  UNKNOWN_TENSOR: [ExitCode.badConfiguration, 'UnknownTensor'],
  TOO_MANY_MEMBERS: [ExitCode.badConfiguration, 'TooManyWorkers'],
  KERNELS_UNAVAILABLE: [ExitCode.internal, 'KernelsUnavailable'],
  EXCHANGE_CLOSED: [ExitCode.stopped, 'Stopped'],
  PEER_LOST: [ExitCode.peerLost, 'PeerLost'],
  PEER_FAULT: [ExitCode.peerLost, 'PeerFailed'],
  FENCED: [ExitCode.fenced, 'Fenced'],
  STOPPED: [ExitCode.stopped, 'Stopped'],
};

export function failureOf(error: unknown): Failure {
  if (error instanceof CarriedFailureError) return error.failure;
  const known = outcomes[codeOf(error)];
  const [exitCode, reason] = known ?? [ExitCode.internal, 'InternalError'];
  return {
    exitCode,
    reason,
    message: error instanceof Error ? error.message : String(error),
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** The code of the error or of the nearest cause that has one of the codes above. */
function codeOf(error: unknown): string {
  for (let link = error, depth = 0; link instanceof Error && depth < 8; link = link.cause, depth += 1) {
    if ('code' in link && typeof link.code === 'string' && link.code in outcomes) return link.code;
  }
  return '';
}
