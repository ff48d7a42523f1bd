import { formatMicroTime } from '../api/micro-time.ts';
import type { KubeObject, ResourceKind } from '../api/types.ts';

export const LEASES: ResourceKind = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };

/** coordination.k8s.io/v1 Lease. Times are for people: whether it has run out is measured by each candidate's own clock. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

interface LeaseSpec {
  /** Absent or empty: nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Claim {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly now: Date;
}

export function firstLease(namespace: string, name: string, claim: Claim): Lease {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace },
    spec: { ...heldSpec(claim), acquireTime: formatMicroTime(claim.now), leaseTransitions: 0 },
  };
}

/** Held by the claimant from now on, whoever held it before. Keeps what else is in it, its resource version above all. */
export function claimed(lease: Lease, claim: Claim): Lease {
  const held = heldSpec(claim);
  if (lease.spec?.holderIdentity === claim.identity) return { ...lease, spec: { ...lease.spec, ...held } };
  const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + 1;
  const acquireTime = formatMicroTime(claim.now);
  return { ...lease, spec: { ...lease.spec, ...held, acquireTime, leaseTransitions } };
}

/** Free for anyone at once. */
export function released(lease: Lease, now: Date): Lease {
  const { holderIdentity: _nobody, ...spec } = lease.spec ?? {};
  return { ...lease, spec: { ...spec, renewTime: formatMicroTime(now) } };
}

function heldSpec({ identity, leaseDurationMs, now }: Claim): LeaseSpec {
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
    renewTime: formatMicroTime(now),
  };
}
