import { createAuthority, issueLeaf } from '../../../operator/pki/authority.ts';
import type { Authority } from '../../../operator/pki/authority.ts';
import type { Identity } from '../../../operator/pki/identity.ts';
import type { Credentials } from '../../wire/credentials.ts';
import { createExchange } from '../create-exchange.ts';
import type { BarrierContribution, Exchange, ExchangeOptions, JoinState, Membership } from '../exchange.ts';
import type { StateMemory } from '../state-memory.ts';
import { freePort } from './free-port.ts';

export const JOB = { namespace: 'default', uid: '7d9c3a52-0000-4000-8000-000000000001' };
export const JOIN: JoinState = { signature: 'lenet-1', stateHash: '00000000000000aa', step: 0 };
/** A member without weights: nothing to copy. */
export const NO_STATE: StateMemory = { bytes: 0, ownFrom: 0, view: () => new Uint8Array(0) };
const HOUR_MS = 3_600_000;

/** One authority for all tests of a file; making one takes some milliseconds. */
let authority: Promise<Authority> | undefined;

export function testAuthority(): Promise<Authority> {
  authority ??= createAuthority('test', { notAfter: new Date(Date.now() + HOUR_MS) });
  return authority;
}

export async function credentialsFor(identity: Identity, issuer?: Authority): Promise<Credentials> {
  const from = issuer ?? (await testAuthority());
  const leaf = await issueLeaf(from, { identity, validity: { notAfter: new Date(Date.now() + HOUR_MS) } });
  return { ...leaf, authorities: (await testAuthority()).certificate };
}

export function workerIdentity(rank: number): Identity {
  return { kind: 'worker', namespace: JOB.namespace, jobUid: JOB.uid, rank };
}

/** Members of one job in this process, over loopback. Build it, `form` it, and always `close` it. */
export class LocalJob {
  readonly members: Exchange[];
  readonly coordinatorAddress: string;
  readonly signal = new AbortController().signal;

  private constructor(members: Exchange[], coordinatorAddress: string) {
    this.members = members;
    this.coordinatorAddress = coordinatorAddress;
  }

  /** @param adjust changes the options of one rank; `undefined` leaves that rank out. */
  static async of(
    replicas: number,
    adjust: (options: ExchangeOptions) => ExchangeOptions | undefined = (options) => options,
    tls = true,
  ): Promise<LocalJob> {
    const coordinatorAddress = `127.0.0.1:${await freePort()}`;
    const members: Exchange[] = [];
    for (let rank = 0; rank < replicas; rank++) {
      const options = adjust({
        job: JOB,
        rank,
        attempt: 1,
        replicas,
        coordinatorAddress,
        listenAddress: rank === 0 ? coordinatorAddress : '127.0.0.1:0',
        advertiseHost: '127.0.0.1',
        credentials: tls ? await credentialsFor(workerIdentity(rank)) : undefined,
        scaler: 'shared',
        maxPayloadBytes: 1024 * 1024,
        state: NO_STATE,
        formationSeconds: 10,
        recoverySeconds: 10,
        stepDeadlineSeconds: 10,
        peerLossSeconds: 10,
      });
      if (options !== undefined) members.push(createExchange(options));
    }
    return new LocalJob(members, coordinatorAddress);
  }

  form(join: (rank: number) => JoinState = () => JOIN): Promise<Membership[]> {
    return Promise.all(this.members.map((member, rank) => member.form(join(rank), this.signal)));
  }

  /** The outcome of one call on every member: its value or its error. */
  all<Value>(
    call: (member: Exchange, index: number) => Promise<Value>,
  ): Promise<PromiseSettledResult<Value>[]> {
    return Promise.allSettled(this.members.map(call));
  }

  async close(): Promise<void> {
    await Promise.all(this.members.map((member) => member.close()));
  }
}

export function contribution(step: number, changes: Partial<BarrierContribution> = {}): BarrierContribution {
  return {
    step,
    stateHash: '00000000000000aa',
    scalers: Float32Array.of(1, 2),
    loss: 1,
    samples: 32,
    leaving: false,
    ...changes,
  };
}
