import { ApiError } from '../api/errors.ts';
import type { Resource } from '../api/types.ts';
import { claimed, firstLease, released } from './lease.ts';
import type { Lease } from './lease.ts';

export interface ClaimantOptions {
  readonly leases: Resource<Lease>;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly monotonicMs: () => number;
  readonly clock: () => Date;
}

export type ClaimResult =
  /** Nobody else can have it before `sinceMs` (monotonic) plus the lease's duration: they count from when they saw our write. */
  { readonly held: true; readonly sinceMs: number } | { readonly held: false; readonly holder: string };

/**
 * Takes and renews one Lease. Every write carries the resource version that it was decided on, so of two claimants one is
 * refused. Another's lease is taken when it has not changed for its duration by our own clock, so set clocks don't matter.
 */
export class Claimant {
  private readonly options: ClaimantOptions;
  /** The lease as last seen, and since when it is known to be so. */
  private seen: { readonly lease: Lease; readonly sinceMs: number } | undefined;

  constructor(options: ClaimantOptions) {
    this.options = options;
  }

  /** One attempt. Rejects when the API server refuses or does not answer; then whether it is held is not known. */
  async claim(): Promise<ClaimResult> {
    const { identity } = this.options;
    // Whoever holds it knows its state: no need to read before each renewal.
    const known = this.seen?.lease.spec?.holderIdentity === identity ? this.seen.lease : await this.read();
    const first = await this.claimAsOf(known);
    if (first !== 'overtaken') return first;
    // By another claimant, or by an earlier attempt of ours whose answer came too late: only a look can tell.
    const second = await this.claimAsOf(await this.read());
    return second === 'overtaken' ? { held: false, holder: '' } : second;
  }

  /** Lets others have it at once. Only after all work that it protects has ended. */
  async release(): Promise<void> {
    const { leases, namespace, identity, clock } = this.options;
    const lease = await this.read();
    if (lease === undefined || holderOf(lease) !== identity) return;
    await leases.replace(namespace, released(lease, clock()));
    this.seen = undefined;
  }

  private async claimAsOf(lease: Lease | undefined): Promise<ClaimResult | 'overtaken'> {
    if (lease !== undefined && !this.isFree(lease)) return { held: false, holder: holderOf(lease) };
    const sinceMs = this.options.monotonicMs();
    try {
      this.see(await this.write(lease));
      return { held: true, sinceMs };
    } catch (error) {
      if (isOvertaken(error)) return 'overtaken';
      throw error;
    }
  }

  private isFree(lease: Lease): boolean {
    const { identity, leaseDurationMs, monotonicMs } = this.options;
    const holder = holderOf(lease);
    if (holder === '' || holder === identity) return true;
    const { leaseDurationSeconds } = lease.spec ?? {};
    const durationMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
    return this.seen !== undefined && monotonicMs() - this.seen.sinceMs >= durationMs;
  }

  private async read(): Promise<Lease | undefined> {
    const { leases, namespace, name } = this.options;
    const lease = await leases.get(namespace, name);
    if (lease === undefined) this.seen = undefined;
    else this.see(lease);
    return lease;
  }

  private see(lease: Lease): void {
    const { resourceVersion, uid } = lease.metadata;
    const known = this.seen?.lease.metadata;
    if (known !== undefined && known.resourceVersion === resourceVersion && known.uid === uid) return;
    this.seen = { lease, sinceMs: this.options.monotonicMs() };
  }

  private async write(lease: Lease | undefined): Promise<Lease> {
    const { leases, namespace, name, identity, leaseDurationMs, clock } = this.options;
    const claim = { identity, leaseDurationMs, now: clock() };
    return lease === undefined
      ? await leases.create(namespace, firstLease(namespace, name, claim))
      : await leases.replace(namespace, claimed(lease, claim));
  }
}

function holderOf({ spec }: Lease): string {
  return spec?.holderIdentity ?? '';
}

/** 409: another resource version, or made by another. 404: deleted meanwhile. */
function isOvertaken(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || error.status === 404);
}
