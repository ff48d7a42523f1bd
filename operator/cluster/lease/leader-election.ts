import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ApiServer } from '../api/types.ts';
import { Claimant } from './claimant.ts';
import type { ClaimResult } from './claimant.ts';
import { LEASES } from './lease.ts';
import type { Lease } from './lease.ts';
import { Term } from './term.ts';

export interface LeaderElectionOptions {
  readonly api: Pick<ApiServer, 'resource'>;
  readonly namespace: string;
  readonly name: string;
  /** Who this is, for people: the pod's name. Made unique per process. */
  readonly identity: string;
  /** A leader that was not heard of for this long is replaced. Default 15 s. */
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for this long stops. Default 10 s; the rest of the lease is for what it has under way. */
  readonly renewDeadlineMs?: number;
  /** Between attempts to take or renew it. Default 2 s. */
  readonly retryMs?: number;
  readonly log: Logger;
  readonly monotonicMs?: () => number;
  readonly clock?: () => Date;
}

export interface LeaderElection {
  /**
   * To be asked before every write. By the monotonic clock, so it is right even when this process was stopped or too busy to
   * notice that its time was over.
   */
  stillLeading(): boolean;
  /**
   * Waits until it leads, then calls `lead` with a signal that aborts when leading ends. When `signal` aborts, waits for `lead`,
   * hands the lease over and gives `stopped`. Gives `lost` when it could not renew and `lead` has ended: then run again, or
   * exit. Rejects with what `lead` throws, and gives `stopped` when `lead` ends by itself.
   */
  run(lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<'stopped' | 'lost'>;
}

export function createLeaderElection(options: LeaderElectionOptions): LeaderElection {
  return new LeaseElection(options);
}

class LeaseElection implements LeaderElection {
  private readonly claimant: Claimant;
  private readonly identity: string;
  private readonly renewDeadlineMs: number;
  private readonly retryMs: number;
  private readonly log: Logger;
  private readonly monotonicMs: () => number;
  private term: Term | undefined;

  constructor(options: LeaderElectionOptions) {
    const {
      api,
      namespace,
      name,
      leaseDurationMs = 15_000,
      renewDeadlineMs = 10_000,
      retryMs = 2000,
    } = options;
    const { log, monotonicMs = () => performance.now(), clock = () => new Date() } = options;
    // A restarted container has the same name, and must not take itself for the leader that it was.
    this.identity = `${options.identity}_${randomUUID()}`;
    const leases = api.resource<Lease>(LEASES);
    this.claimant = new Claimant({
      leases,
      namespace,
      name,
      identity: this.identity,
      leaseDurationMs,
      monotonicMs,
      clock,
    });
    this.renewDeadlineMs = renewDeadlineMs;
    this.retryMs = retryMs;
    this.log = log.child({ lease: `${namespace}/${name}`, identity: this.identity });
    this.monotonicMs = monotonicMs;
  }

  stillLeading(): boolean {
    return this.term?.isOpen() ?? false;
  }

  async run(lead: (leading: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<'stopped' | 'lost'> {
    const sinceMs = await this.waitForLease(signal);
    if (sinceMs === undefined) return 'stopped';
    const term = new Term(sinceMs, this.renewDeadlineMs, this.monotonicMs);
    this.term = term;
    this.log.info('leading');
    const stop = (): void => term.end('stopped');
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const renewing = this.renew(term);
    try {
      await lead(term.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      term.end('stopped');
      await renewing;
      if (term.ending === 'stopped') await this.release();
      else this.log.warn('leadership lost: the lease could not be renewed in time, or another took it');
    }
    return term.ending === 'lost' ? 'lost' : 'stopped';
  }

  /** Since when it is held; `undefined` when `signal` aborted first. */
  private async waitForLease(signal: AbortSignal): Promise<number | undefined> {
    let toldHolder: string | undefined;
    let told: string | undefined;
    while (!signal.aborted) {
      try {
        const result = await this.attempt();
        if (result.held) return result.sinceMs;
        if (result.holder !== toldHolder)
          this.log.info({ holder: result.holder }, 'another leads, standing by');
        toldHolder = result.holder;
        told = undefined;
      } catch (error) {
        const message = String(error);
        if (message !== told)
          this.log.warn({ err: error }, 'the lease could not be taken, it is tried again');
        told = message;
      }
      await pause(this.retryMs * (1 + Math.random() / 5), undefined, { signal }).catch(() => {});
    }
    return undefined;
  }

  private async renew(term: Term): Promise<void> {
    for (;;) {
      await pause(this.retryMs, undefined, { signal: term.signal }).catch(() => {});
      // Also ends a term that ran out while this process was stopped: what ran out is not renewed.
      if (!term.isOpen()) return;
      try {
        const result = await this.attempt();
        if (result.held) term.renewed(result.sinceMs);
        else if (result.holder !== '' && result.holder !== this.identity) term.end('lost');
      } catch (error) {
        this.log.warn({ err: error }, 'the lease could not be renewed, it is tried again');
      }
    }
  }

  /** A connection that hangs must leave time for another attempt on a fresh one. */
  private async attempt(): Promise<ClaimResult> {
    const timeoutMs = this.renewDeadlineMs / 3;
    const stop = new AbortController();
    const overdue = pause(timeoutMs, undefined, { signal: stop.signal }).then(() => {
      throw new Error(`no answer about the lease within ${timeoutMs} ms`);
    });
    try {
      return await Promise.race([this.claimant.claim(), overdue]);
    } finally {
      overdue.catch(() => {});
      stop.abort();
    }
  }

  private async release(): Promise<void> {
    try {
      await this.claimant.release();
      this.log.info('leadership handed over');
    } catch (error) {
      this.log.warn({ err: error }, 'the lease could not be handed over, others wait until it runs out');
    }
  }
}
