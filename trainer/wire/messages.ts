import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import type { MethodDefinition } from '@grpc/grpc-js';
import type { ProgressReport, ProgressRequest } from './progress.ts';

/*
 * The control messages of terngrad.proto as TypeScript sees them. The loader is told to fill in scalar defaults,
 * so every field is there except message-typed ones and members of a oneof.
 */

export interface JoinRequest {
  readonly rank: number;
  readonly attempt: number;
  readonly address: string;
  readonly generationSeen: number;
  readonly step: number;
  readonly signature: string;
  readonly stateHash: string;
  readonly replicas: number;
  readonly instance: string;
}

export interface MemberEntry {
  readonly rank: number;
  readonly attempt: number;
  readonly address: string;
}

export interface MembershipMessage {
  readonly generation: number;
  readonly members: readonly MemberEntry[];
  readonly step: number;
  readonly stateHash: string;
  readonly source: number;
}

export interface StateRequest {
  readonly offset: number;
}

export interface StatePart {
  readonly offset: number;
  readonly data: Uint8Array;
  readonly crc: number;
}

export interface ObserveRequest {
  readonly signature: string;
}

export interface ObservedState {
  readonly step: number;
  readonly stateHash: string;
  readonly members: number;
}

export interface ObservedSum {
  readonly chunk: number;
  readonly data: Uint8Array;
  readonly crc: number;
}

export interface ObservedStep {
  readonly step: number;
  readonly scalers: Uint8Array;
  readonly upToDate: boolean;
}

/** Exactly one is present. */
export interface Observation {
  readonly begin?: ObservedState;
  readonly part?: StatePart;
  readonly sum?: ObservedSum;
  readonly step?: ObservedStep;
  readonly border?: ObservedState;
}

export interface Abort {
  readonly code: string;
  readonly ranks: readonly number[];
  readonly detail: string;
  readonly message: string;
  readonly step: number;
  readonly waitedMs: number;
  readonly hashes: readonly string[];
  readonly attempt: number;
  readonly final: boolean;
}

/** Exactly one is present. */
export interface JoinReply {
  readonly waiting?: { readonly ranks: readonly number[]; readonly attempt: number };
  readonly membership?: MembershipMessage;
  readonly abort?: Abort;
}

export interface ContributionMessage {
  readonly step: number;
  readonly stateHash: string;
  readonly scalers: Uint8Array;
  readonly loss: number;
  readonly samples: number;
  readonly leaving: boolean;
  readonly sums: readonly number[];
  readonly maxima: readonly number[];
  readonly fault?: { readonly reason: string; readonly message: string } | null;
}

export interface OutcomeMessage {
  readonly step: number;
  readonly scalers: Uint8Array;
  readonly meanLoss: number;
  readonly samples: number;
  readonly ends: boolean;
  readonly sums: readonly number[];
  readonly maxima: readonly number[];
}

/** Exactly one of the four is present. */
export interface MemberMessage {
  readonly generation: number;
  readonly attempt: number;
  readonly contribution?: ContributionMessage;
  readonly finish?: { readonly finalHash: string };
  readonly confirm?: Record<string, never>;
  readonly abort?: Abort;
}

/** Exactly one of the three is present. */
export interface CoordinatorMessage {
  readonly generation: number;
  readonly outcome?: OutcomeMessage;
  readonly finish?: { readonly finalHashes: readonly string[] };
  readonly abort?: Abort;
}

/** gRPC puts a flag byte and a 4-byte length before every message; they count as wire bytes. */
export const GRPC_PREFIX_BYTES = 5;

const definition = loadSync(fileURLToPath(new URL('./terngrad.proto', import.meta.url)), {
  defaults: true,
  arrays: true,
  oneofs: false,
  bytes: Buffer,
  longs: Number,
});

/** Join, with the client's message first in the type. */
export const joinMethod = method<JoinRequest, JoinReply>('Coordinator', 'Join');
export const barrierMethod = method<MemberMessage, CoordinatorMessage>('Coordinator', 'Barrier');
export const copyStateMethod = method<StateRequest, StatePart>('Exchange', 'CopyState');
export const whichAttemptMethod = method<Record<string, never>, { readonly attempt: number }>(
  'Coordinator',
  'WhichAttempt',
);
export const whoTrainsMethod = method<Record<string, never>, MembershipMessage>('Coordinator', 'WhoTrains');
export const observeMethod = method<ObserveRequest, Observation>('Exchange', 'Observe');
export const progressMethod = method<ProgressRequest, ProgressReport>('Control', 'Progress');

/** Frames pass as they are: the Buffer is the message. */
export const pushMethod: MethodDefinition<Buffer, Buffer> = {
  path: '/terngrad.v1.Exchange/Push',
  requestStream: true,
  responseStream: false,
  requestSerialize: (message) => message,
  requestDeserialize: (message) => message,
  responseSerialize: (message) => message,
  responseDeserialize: (message) => message,
};

function method<Request, Response>(service: string, name: string): MethodDefinition<Request, Response> {
  const methods = definition[`terngrad.v1.${service}`];
  const found: unknown = methods === undefined ? undefined : Reflect.get(methods, name);
  if (!isMethod<Request, Response>(found)) throw new Error(`terngrad.proto has no method ${service}.${name}`);
  return found;
}

/** The message types are ours to state: they repeat what terngrad.proto says. */
function isMethod<Request, Response>(value: unknown): value is MethodDefinition<Request, Response> {
  return typeof value === 'object' && value !== null && 'path' in value && 'requestSerialize' in value;
}
