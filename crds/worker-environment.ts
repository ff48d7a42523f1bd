/**
 * The identity of a worker process, as environment variables: the same in a pod and on one computer.
 * The operator (or `terngrad run`) writes them; the trainer reads them once, at start.
 */
export const WorkerEnvironment = {
  /** Path of `job.json`, the resolved TernGradJob (every default filled in). */
  jobFile: 'TERNGRAD_JOB_FILE',
  jobName: 'TERNGRAD_JOB_NAME',
  jobNamespace: 'TERNGRAD_JOB_NAMESPACE',
  jobUid: 'TERNGRAD_JOB_UID',
  /** 0..replicas-1. */
  rank: 'TERNGRAD_RANK',
  /** 1 for the first process of a rank; a newer attempt fences the older. */
  attempt: 'TERNGRAD_ATTEMPT',
  /** `host:port` under which rank 0 is found. Everyone else's address comes with the generation message. */
  coordinatorAddress: 'TERNGRAD_COORDINATOR_ADDRESS',
  /** Host or IP that this worker tells its peers. */
  advertiseHost: 'TERNGRAD_ADVERTISE_HOST',
  /** `host:port` for the gRPC listener; port 0 takes a free one (rank 0 needs a fixed one). */
  listenAddress: 'TERNGRAD_LISTEN_ADDRESS',
  /** `host:port` of the read-only listener for probes and metrics; port 0 takes a free one. */
  httpAddress: 'TERNGRAD_HTTP_ADDRESS',
  /** Directory with `tls.crt`, `tls.key`, `ca.crt`. */
  certificateDirectory: 'TERNGRAD_CERTIFICATE_DIRECTORY',
  /** File for the final JSON (at most 4096 bytes); the container's termination message on a cluster. */
  terminationMessageFile: 'TERNGRAD_TERMINATION_MESSAGE_FILE',
  /** Directory against which `program.path`, `data.path` and `output.path` are resolved. */
  baseDirectory: 'TERNGRAD_BASE_DIRECTORY',
  logLevel: 'TERNGRAD_LOG_LEVEL',
  /** `stdin`: standard input is a pipe held by the launcher, whose end means that the launcher is gone. */
  parentPipe: 'TERNGRAD_PARENT_PIPE',
} as const;

export type WorkerEnvironmentName = (typeof WorkerEnvironment)[keyof typeof WorkerEnvironment];
