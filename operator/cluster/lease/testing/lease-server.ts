import { ApiError, ApiUnreachableError } from '../../api/errors.ts';
import type { Resource } from '../../api/types.ts';
import type { Lease } from '../lease.ts';

export interface LeaseServer {
  /** Calls in the order in which they were carried out. */
  readonly calls: string[];
  lease(): Lease | undefined;
  /** As an admin would: the lease is gone. */
  remove(): void;
  /** One client's way to the server. */
  client(): LeaseClient;
}

export interface LeaseClient extends Pick<Resource<Lease>, 'get' | 'create' | 'replace'> {
  /** `cut`: nothing gets through. `deaf`: calls are carried out, but the answers get lost. `hangs`: calls never end. */
  way: 'open' | 'cut' | 'deaf' | 'hangs';
}

/** Keeps one Lease with the API server's optimistic concurrency. */
export function leaseServer(): LeaseServer {
  let stored: Lease | undefined;
  let version = 0;
  const calls: string[] = [];
  const store = (lease: Lease): Lease => {
    version += 1;
    const uid = stored?.metadata.uid ?? `uid-${version}`;
    stored = { ...lease, metadata: { ...lease.metadata, uid, resourceVersion: String(version) } };
    return stored;
  };
  return {
    calls,
    lease: () => stored,
    remove: () => void (stored = undefined),
    client: () => {
      const call = async <R>(name: string, carryOut: () => R): Promise<R> => {
        // As on a network, others may come in between.
        await new Promise((resolve) => setImmediate(resolve));
        if (client.way === 'hangs') return await new Promise<never>(() => {});
        if (client.way === 'cut') throw lost(name);
        calls.push(name);
        const answer = carryOut();
        if (client.way === 'deaf') throw lost(name);
        return answer;
      };
      const client: LeaseClient = {
        way: 'open',
        get: async () => await call('get', () => stored),
        create: async (_namespace, lease) =>
          await call('create', () => {
            if (stored !== undefined) throw refusal(409, 'AlreadyExists');
            return store(lease);
          }),
        replace: async (_namespace, lease) =>
          await call('replace', () => {
            if (stored === undefined) throw refusal(404, 'NotFound');
            const { resourceVersion, uid } = stored.metadata;
            if (lease.metadata.resourceVersion !== resourceVersion || lease.metadata.uid !== uid) {
              throw refusal(409, 'Conflict');
            }
            return store(lease);
          }),
      };
      return client;
    },
  };
}

function lost(name: string): ApiUnreachableError {
  return new ApiUnreachableError(name, '/lease', new Error('cut'), false);
}

function refusal(status: number, reason: string): ApiError {
  return new ApiError({ status, reason, message: reason });
}
