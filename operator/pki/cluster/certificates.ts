import type { Resource } from '../../cluster/api/types.ts';
import type { ClusterJob } from '../../plan/manifests/cluster-job.ts';
import type { RankCertificate } from '../../plan/manifests/rank-secrets.ts';
import { bundleOf } from './authority-state.ts';
import type { AuthorityState } from './authority-state.ts';
import { ensureAuthority } from './ensure-authority.ts';
import { issueOperatorCertificate, issueRankCertificate, renewalTime } from './issue.ts';
import type { SecretObject } from './secret-object.ts';

export interface CertificatesOptions {
  readonly secrets: Resource<SecretObject>;
  /** The operator's own. */
  readonly namespace: string;
  readonly clock: () => Date;
}

/** Issues the certificates of an install's jobs, and the operator's own. Only the leader may use it. */
export class Certificates {
  private readonly options: CertificatesOptions;
  private current: { readonly authorities: AuthorityState; readonly own: RankCertificate } | undefined;

  constructor(options: CertificatesOptions) {
    this.options = options;
  }

  /**
   * Reads the authorities, makes or moves them on when due, and renews the operator's own certificate. Must have
   * succeeded once before anything else is called; then about once an hour. After `changed` every rank's Secret may be
   * due, whatever `renewalTime` said before.
   */
  async refresh(): Promise<'same' | 'changed'> {
    const { secrets, namespace, clock } = this.options;
    const before = this.current;
    const authorities = await ensureAuthority(secrets, namespace, clock());
    const isGood = before !== undefined && renewalTime(authorities, before.own) > clock();
    const own = isGood ? before.own : await issueOperatorCertificate(authorities, clock());
    this.current = { authorities, own };
    return before !== undefined && isSame(before.authorities, authorities) ? 'same' : 'changed';
  }

  issue(job: ClusterJob, rank: number): Promise<RankCertificate> {
    return issueRankCertificate(this.refreshed.authorities, job, rank, this.options.clock());
  }

  /** When a rank's certificate is to be replaced; long ago when it is due already. */
  renewalTime(certificate: RankCertificate): Date {
    return renewalTime(this.refreshed.authorities, certificate);
  }

  /** The operator's own, for connections to rank 0. It changes: ask again for every new connection. */
  get operator(): RankCertificate {
    return this.refreshed.own;
  }

  private get refreshed(): { readonly authorities: AuthorityState; readonly own: RankCertificate } {
    if (this.current === undefined) throw new Error('certificates were used before refresh() succeeded');
    return this.current;
  }
}

function isSame(one: AuthorityState, other: AuthorityState): boolean {
  return one.signing.certificate === other.signing.certificate && bundleOf(one) === bundleOf(other);
}
