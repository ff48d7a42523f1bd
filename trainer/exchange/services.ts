import { status } from '@grpc/grpc-js';
import type {
  Metadata,
  MethodDefinition,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { Identity } from '../../operator/pki/identity.ts';
import type { IdentifiedCall, Listener } from '../wire/listener.ts';
import {
  copyStateMethod,
  joinMethod,
  observeMethod,
  progressMethod,
  pushMethod,
  whichAttemptMethod,
  whoTrainsMethod,
} from '../wire/messages.ts';
import type {
  CoordinatorMessage,
  JoinReply,
  JoinRequest,
  MemberMessage,
  MembershipMessage,
  StatePart,
  StateRequest,
} from '../wire/messages.ts';
import { emptyMetadata, readScope, refusalTrailer } from '../wire/metadata.ts';
import type { StreamScope } from '../wire/metadata.ts';
import { isWorkerOf } from '../wire/peer-identity.ts';
import type { JobScope } from '../wire/peer-identity.ts';
import type { ProgressReport, ProgressRequest } from '../wire/progress.ts';
import type { BarrierSession, Coordinator } from './coordinator.ts';
import type { JoinSession } from './formation.ts';
import type { ObserveCall } from './observers.ts';
import type { StateMemory } from './state-memory.ts';
import { sendState } from './state-transfer.ts';

const NO_GENERATION = 'there is no generation';

/** An inbound Push stream whose sender is known. It is accepted, or refused, once. */
export interface InboundPush {
  readonly rank: number;
  readonly scope: StreamScope;
  /** Tells the sender that its stream is taken, and starts to deliver. */
  accept(onMessage: (message: Buffer) => void, onEnd: (detail: string) => void): void;
  refuse(reason: string): void;
  pause(): void;
  resume(): void;
}

/** A member of this generation asks for the state from a byte on. Returns why it may not have it. */
export type StateOf = (rank: number, scope: StreamScope) => StateMemory | string;

/** A worker wants to follow this member's generation. Returns why it may not. */
export type OnObserver = (scope: StreamScope, call: ObserveCall) => string | undefined;

/** What every rank serves to every other. */
export function serveExchange(
  listener: Listener,
  job: JobScope,
  onPush: (push: InboundPush) => void,
  stateOf: StateOf,
  onObserver: OnObserver,
): void {
  listener.server.addService(
    { Push: pushMethod, CopyState: copyStateMethod, Observe: observeMethod },
    {
      Observe(call: ObserveCall): void {
        call.on('error', () => undefined);
        const rank = workerRank(listener, call, job);
        const scope = readScope(call.metadata);
        if (rank === undefined || scope === undefined) {
          call.emit('error', denied('not a worker of this job, or no generation given'));
          return;
        }
        const complaint = onObserver(scope, call);
        if (complaint !== undefined) call.emit('error', refused('generation', complaint));
      },

      CopyState(call: ServerWritableStream<StateRequest, StatePart>): void {
        const rank = workerRank(listener, call, job);
        const scope = readScope(call.metadata);
        if (rank === undefined || scope === undefined) {
          call.emit('error', denied('not a worker of this job, or no generation given'));
          return;
        }
        const state = stateOf(rank, scope);
        if (typeof state === 'string') call.emit('error', refused('generation', state));
        else void sendState(call, state, call.request.offset);
      },

      Push(call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void {
        call.on('error', () => undefined);
        const rank = workerRank(listener, call, job);
        const scope = readScope(call.metadata);
        if (rank === undefined || scope === undefined) {
          callback(denied('not a worker of this job, or no generation given'));
          return;
        }
        onPush(inboundPush(rank, scope, call, callback));
      },
    },
  );
}

function inboundPush(
  rank: number,
  scope: StreamScope,
  call: ServerReadableStream<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
): InboundPush {
  return {
    rank,
    scope,
    accept(onMessage, onEnd) {
      call.on('data', onMessage);
      call.on('cancelled', () => onEnd('its connection broke or it cancelled the stream'));
      call.on('end', () => {
        callback(null, Buffer.alloc(0));
        onEnd('it ended the stream');
      });
      call.sendMetadata(emptyMetadata());
    },
    refuse: (reason) => callback({ code: status.FAILED_PRECONDITION, details: reason }),
    pause: () => call.pause(),
    resume: () => call.resume(),
  };
}

/**
 * Rank 0's services for the other ranks.
 * @param current the coordinator of the generation that forms or runs, if there is one.
 */
export function serveCoordinator(
  listener: Listener,
  job: JobScope,
  current: () => Coordinator | undefined,
  barrierMethod: MethodDefinition<MemberMessage, CoordinatorMessage>,
  ownAttempt: number,
): void {
  listener.server.addService(
    {
      Join: joinMethod,
      Barrier: barrierMethod,
      WhichAttempt: whichAttemptMethod,
      WhoTrains: whoTrainsMethod,
    },
    {
      WhoTrains(
        call: ServerUnaryCall<Record<string, never>, MembershipMessage>,
        callback: sendUnaryData<MembershipMessage>,
      ): void {
        const rank = workerRank(listener, call, job);
        const running = current()?.running;
        if (rank === undefined) callback(denied('not a worker of this job'));
        else if (running === undefined) callback(refused('generation', 'nobody trains'));
        else callback(null, running);
      },

      WhichAttempt(
        call: ServerUnaryCall<Record<string, never>, { readonly attempt: number }>,
        callback: sendUnaryData<{ readonly attempt: number }>,
      ): void {
        const rank = workerRank(listener, call, job);
        if (rank === undefined) callback(denied('not a worker of this job'));
        else callback(null, { attempt: ownAttempt });
      },

      Join(call: ServerWritableStream<JoinRequest, JoinReply>): void {
        const rank = workerRank(listener, call, job);
        if (rank === undefined) {
          call.emit('error', denied('not a worker of this job'));
          return;
        }
        const coordinator = current();
        if (coordinator === undefined) {
          call.emit('error', refused('generation', NO_GENERATION));
          return;
        }
        const session: JoinSession = { reply: (reply) => call.write(reply), end: () => call.end() };
        call.on('cancelled', () => coordinator.left(rank, session, 'its connection broke or it left'));
        const refusal = coordinator.requestJoin(rank, call.request, session);
        if (refusal === undefined) return;
        if (refusal.kind === 'fence') call.emit('error', { code: status.ABORTED, details: refusal.message });
        else call.emit('error', refused(refusal.field, refusal.message));
      },

      Barrier(call: ServerDuplexStream<MemberMessage, CoordinatorMessage>): void {
        const rank = workerRank(listener, call, job);
        const scope = readScope(call.metadata);
        if (rank === undefined || scope === undefined) {
          call.emit('error', denied('not a worker of this job, or no generation given'));
          return;
        }
        const coordinator = current();
        if (coordinator === undefined) {
          call.emit('error', refused('generation', NO_GENERATION));
          return;
        }
        const session: BarrierSession = { send: (message) => call.write(message), end: () => call.end() };
        const complaint = coordinator.attach(rank, scope, session);
        if (complaint !== undefined) {
          call.emit('error', refused('generation', complaint));
          return;
        }
        call.on('data', (message: MemberMessage) => coordinator.receive(rank, message));
        call.on('error', () => undefined);
        call.on('end', () => {
          coordinator.detached(rank, session, 'it ended its barrier stream');
          call.end();
        });
        call.on('cancelled', () => coordinator.detached(rank, session, 'its connection broke'));
        call.sendMetadata(emptyMetadata());
      },
    },
  );
}

/** Rank 0's service for the operator, and for nobody else. */
export function serveControl(
  listener: Listener,
  onProgress: (request: ProgressRequest) => ProgressReport | undefined,
): void {
  listener.server.addService(
    { Progress: progressMethod },
    {
      Progress(
        call: ServerUnaryCall<ProgressRequest, ProgressReport>,
        callback: sendUnaryData<ProgressReport>,
      ): void {
        if (callerIdentity(listener, call)?.kind !== 'operator') {
          callback(denied('only the operator may ask for progress'));
          return;
        }
        let report: ProgressReport | undefined;
        try {
          report = onProgress(call.request);
        } catch (error) {
          callback({
            code: status.INTERNAL,
            details: error instanceof Error ? error.message : String(error),
          });
          return;
        }
        if (report === undefined)
          callback({ code: status.UNAVAILABLE, details: 'the members have not met yet' });
        else callback(null, report);
      },
    },
  );
}

function workerRank(listener: Listener, call: IdentifiedCall, job: JobScope): number | undefined {
  const identity = callerIdentity(listener, call);
  return identity !== undefined && isWorkerOf(job, identity) ? identity.rank : undefined;
}

function callerIdentity(listener: Listener, call: IdentifiedCall): Identity | undefined {
  try {
    return listener.identityOf(call);
  } catch {
    return undefined;
  }
}

interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

function denied(details: string): Refusal {
  return { code: status.PERMISSION_DENIED, details, metadata: refusalTrailer('identity') };
}

function refused(field: string, details: string): Refusal {
  return { code: status.FAILED_PRECONDITION, details, metadata: refusalTrailer(field) };
}
