import type { ChunkStore } from './chunk-store.ts';
import type { ExchangeCounters } from './counters.ts';
import type { ExchangeError } from './errors.ts';
import type { StateMemory } from './state-memory.ts';
import type { Surroundings } from './surroundings.ts';
import type { Credentials } from '../wire/credentials.ts';
import type { ProgressReport, ProgressRequest } from '../wire/progress.ts';

/**
 * What this member is, where it listens, whom it finds, and how long it waits. What follows from the model (`maxPayloadBytes`,
 * `ahead`, `state`) is not looked at before `observe` or `form`.
 */
export interface ExchangeOptions {
  readonly job: { readonly namespace: string; readonly uid: string };
  readonly rank: number;
  /** 1 for the first process of a rank. */
  readonly attempt: number;
  /** Number of ranks that must join before training starts. */
  readonly replicas: number;
  /** Lets rank 0 go on with fewer ranks; without it, all must be there. */
  readonly elastic?: ElasticBounds | undefined;
  /** `host:port` of rank 0. Not used by rank 0 itself. */
  readonly coordinatorAddress: string;
  /** `host:port` to listen on; port 0 takes a free one. */
  readonly listenAddress: string;
  /** Host or IP that the peers are told, together with the port that was bound. */
  readonly advertiseHost: string;
  /** PEM files of this rank; `undefined` turns TLS off (logged loudly). */
  readonly credentials: Credentials | undefined;
  /** Whether barrier outcomes carry the elementwise maximum or all members' rows. */
  readonly scaler: 'shared' | 'local';
  /** Length of the longest push or pull payload of any chunk in any codec the job uses, bytes. */
  readonly maxPayloadBytes: number;
  /** No payload is longer, whatever the model is. Default: `maxPayloadBytes`, which must then be known from the start. */
  readonly payloadBoundBytes?: number;
  /** Whether steps may begin ahead of their barrier (`openStep`); equal on all members. Default false. */
  readonly ahead?: boolean;
  /** Where this member's state lies, for others to copy and to be overwritten by a copy of another's. */
  readonly state: StateMemory;
  /** How long the first `form` of a rank's first attempt waits for all members. */
  readonly formationSeconds: number;
  /** How long every other `form` waits: those who hold a state keep it so long for a lost member's replacement. */
  readonly recoverySeconds: number;
  /** How long `barrier`, `staged` and `finish` wait. */
  readonly stepDeadlineSeconds: number;
  /** A peer that answers no ping for this long is lost. */
  readonly peerLossSeconds: number;
  /** Rank 0: answers the operator's poll, once there is something to say. */
  readonly onProgress?: (request: ProgressRequest) => ProgressReport | undefined;
  /** Rank 0: every member is at a barrier, and this is what each brought to it. */
  readonly onBarrier?: (members: readonly MemberFigures[]) => void;
  readonly log?: ExchangeLog;
  /** Default: real connections and the real clock. */
  readonly surroundings?: Surroundings;
}

export interface MemberFigures {
  readonly rank: number;
  /** Of its share of the step that begins. */
  readonly samples: number;
  /** As in its contribution. */
  readonly maxima: readonly number[];
}

export interface ElasticBounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** How long the others wait for a rank that is missing before they go on without it. */
  readonly graceSeconds: number;
}

/** One line per state change, none per step. */
export type ExchangeLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

export interface JoinState {
  /** Hash over model layout, chunk plan and codec settings; must be equal everywhere. */
  readonly signature: string;
  /** Hash over weights and optimizer state, 16 hex digits; empty when this member has no state that is worth anything. */
  readonly stateHash: string;
  /** The next step to be done. */
  readonly step: number;
  /** Highest generation this member has ever been part of (from a checkpoint). Default 0. */
  readonly generationSeen?: number;
}

export interface Member {
  readonly rank: number;
  readonly attempt: number;
  /** `host:port` of its gRPC listener. */
  readonly address: string;
}

export interface Membership {
  readonly generation: number;
  /** In rank order; the index here is the member index of contributions and chunk owners. */
  readonly members: readonly Member[];
  readonly selfIndex: number;
  /** The next step to be done. */
  readonly step: number;
  /** Hash over weights and optimizer state, which all members now have. */
  readonly stateHash: string;
  /** The rank from which this member copied its state; `undefined` when it had it already. */
  readonly copiedFrom: number | undefined;
  /** The state in memory is a copy that was made since the last generation, if not for this one. */
  readonly restored: boolean;
}

export interface BarrierContribution {
  readonly step: number;
  /** Hash over weights and optimizer state as read before this step, 16 hex digits. */
  readonly stateHash: string;
  /** This member's scaler of each unit; finite, not negative. */
  readonly scalers: Float32Array;
  /** Mean loss over this member's samples. */
  readonly loss: number;
  readonly samples: number;
  /** Figures that add up over members, such as an evaluation's; none where there is nothing to add. */
  readonly sums?: readonly number[];
  /** Figures of which the largest of all members counts, such as times. */
  readonly maxima?: readonly number[];
  readonly fault?: { readonly reason: 'non-finite' | 'program'; readonly message: string };
  /** This member leaves after this barrier: it was asked to stop. */
  readonly leaving: boolean;
}

export interface BarrierOutcome {
  readonly step: number;
  /** shared: elementwise maximum (units); local: all members' rows in member order (members x units). */
  readonly scalers: Float32Array;
  /** Mean over all samples of all members. */
  readonly meanLoss: number;
  readonly samples: number;
  /** Somebody leaves or wants to join: the generation ends here, at the border between two steps. */
  readonly ends: boolean;
  /** Elementwise over the members that gave any. */
  readonly sums: readonly number[];
  readonly maxima: readonly number[];
}

export interface StepExchange {
  /** This member's contribution to chunk c is in `store.pushPayload(c)`. Each chunk once, any order. */
  chunkEncoded(c: number): void;
  /** Every chunk's sum is in `store.pullPayload(c)` and checked. Rejects with an ExchangeError. */
  readonly staged: Promise<void>;
}

/** Where the sums of a step go that this worker only follows. */
export interface ObservedStore extends Pick<ChunkStore, 'chunkCount' | 'sumPlace' | 'faultOfSum'> {
  readonly sharedScalers: Float32Array;
  /** The sums of this step come next. */
  beginStep(step: number): void;
}

/** Follows the members' steps before it is one of them. */
export interface Observer {
  /** The state in memory is that of a generation of so many members, as it was before the step. Rejects if it is not. */
  begin(state: {
    readonly step: number;
    readonly stateHash: string;
    readonly members: number;
  }): Promise<ObservedStore>;
  /** Sums and scalers of the step are in the store. Resolves with the hash of the state after it. */
  apply(step: number): Promise<string>;
}

/** Who keeps rank 0 waiting, and since when. */
export interface Waiting {
  readonly ranks: readonly number[];
  readonly reason: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
}

/**
 * One member's side of the gradient exchange. Calls come in this order, one at a time:
 * perhaps `prepare`, `form`, then per step perhaps `openStep`, `barrier`, `beginStep` until `staged`; at the end `finish`, and always `close`.
 *
 * The first error ends the generation: every later and pending call rejects with that same error. When it is one that
 * `endsOnlyGeneration`, or the barrier's outcome `ends` the generation, `form` may be called again.
 */
export interface Exchange {
  /**
   * Opens the listener and a connection to rank 0 before there is anything to say, so that `observe` and `form` find them. Never
   * rejects: what goes wrong here goes wrong there again.
   */
  prepare(): Promise<void>;
  /**
   * If the others train already: copies the state of one of them and follows its steps while they go on, then asks to
   * join, so that `form` has nothing left to copy. Rejects only when the signal aborts; where anything else goes wrong,
   * it is left to `form`.
   */
  observe(join: JoinState, observer: Observer, signal: AbortSignal): Promise<void>;
  /**
   * Opens the listener. Rank 0 waits for all ranks, the others join it; whoever is behind the most advanced member
   * copies that one's state; then everyone connects to everyone.
   * Rejects with ListenError, HandshakeError, FencedError, ReplicaMismatchError, or PeerLostError naming the ranks that
   * never came.
   */
  form(join: JoinState, signal: AbortSignal): Promise<Membership>;
  /**
   * Waits until every member is at this step, which also confirms that all applied the step before.
   * Rejects with PeerLostError, ReplicaMismatchError, PeerFaultError, FencedError.
   */
  barrier(contribution: BarrierContribution, signal: AbortSignal): Promise<BarrierOutcome>;
  /**
   * Begins the next step ahead of its barrier, so that contributions travel while it is passed; everything of the step
   * before is staged. `prepare` turns the store to this step once nothing of the step before is left to be sent, here or in
   * `beginStep`, which follows when the barrier has passed. Does nothing when the generation has failed.
   */
  openStep(step: number, prepare: () => ChunkStore): Pick<StepExchange, 'chunkEncoded'>;
  /** Starts the exchange of a step whose barrier has passed; with the same store, where it was opened before. */
  beginStep(step: number, store: ChunkStore): StepExchange;
  /**
   * This member's state is damaged: the generation ends for everyone. Returns the error that every call rejects with;
   * `form` then says that this member has no state, if the caller gives it an empty hash.
   */
  abandon(damage: { readonly step: number; readonly message: string }): ExchangeError;
  /**
   * Final barrier: the final hash of every rank, in rank order. Resolves when every member is known to know them. Rejects as
   * `barrier` does, also when this member knows them already (`finalHashes`) and rank 0 is lost: others may need its state.
   */
  finish(finalHash: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Final hash of every rank of the last `form`'s generation, all equal, once this member knows them. */
  readonly finalHashes: readonly string[] | undefined;
  readonly counters: ExchangeCounters;
  /** Aborted with the ExchangeError as reason as soon as the generation of the last `form` has failed, even between calls. */
  readonly failure: AbortSignal;
  /** Highest generation that this member has been part of or knows of. */
  readonly generationSeen: number;
  /** What lies in memory is what the last `form` was told, and no copy of a peer's state, whole or torn. */
  readonly hasOwnState: boolean;
  /** Whom a `form` in progress waits for. */
  readonly waiting: Waiting | undefined;
  /** Ends every stream and listener. Idempotent; nothing of the exchange keeps the process alive afterwards. */
  close(): Promise<void>;
}
