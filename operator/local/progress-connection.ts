import type { CertificateFiles } from '../pki/certificate-directory.ts';
import type { LocalJob } from './local-job.ts';
import type { AskProgress } from './progress-poller.ts';

export interface ProgressTarget {
  /** Rank 0 must prove by its certificate that it belongs to this very job. */
  readonly job: LocalJob;
  /** `host:port` of rank 0. */
  readonly address: string;
  /** The operator's; absent when the job runs without TLS. */
  readonly credentials: CertificateFiles | undefined;
}

export interface ProgressConnection {
  readonly ask: AskProgress;
  close(): void;
}

/** Opens the way to rank 0's Control.Progress; it may be opened before rank 0 listens. */
export type ConnectProgress = (target: ProgressTarget) => ProgressConnection;
