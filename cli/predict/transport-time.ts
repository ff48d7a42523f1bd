import { createAuthority, issueLeaf } from '../../operator/pki/authority.ts';
import type { ChunkStore } from '../../trainer/exchange/chunk-store.ts';
import { createExchange } from '../../trainer/exchange/create-exchange.ts';
import type { Exchange } from '../../trainer/exchange/exchange.ts';
import type { TransportCosts } from '../../trainer/predict/costs.ts';
import { median } from '../../trainer/step/figures.ts';
import { loadKernels, type Kernels } from '../../trainer/ternary/kernels.ts';
import type { Credentials } from '../../trainer/wire/credentials.ts';
import { LOOPBACK, portForRank0 } from '../../operator/local/free-port.ts';
import { spentMs } from './processor-time.ts';

const MEMBERS = 2;
const JOB = { namespace: 'predict', uid: 'predict' };
const HOST = LOOPBACK;
const FLOAT_BYTES = 4;

/** What is exchanged in one round: chunks of a size, pushed and pulled alike. */
interface Load {
  readonly chunks: number;
  readonly payloadBytes: number;
  readonly steps: number;
}

const WARM_UP_STEPS = 10;
const NOTHING: Load = { chunks: 0, payloadBytes: 4, steps: 60 };
/** One message each way and peer. */
const SMALL: Load = { chunks: 2, payloadBytes: 1024, steps: 60 };
/** As large as what a model of some million parameters sends at a time. */
const LARGE: Load = { chunks: 16, payloadBytes: 256 * 1024, steps: 20 };
const MAX_PAYLOAD_BYTES = LARGE.payloadBytes;
const PAGE_BYTES = 65_536;
/** A store has a place for a chunk's push, its contribution from the other member, and its sum. */
const PLACES = 3;
const STORE_BYTES = PLACES * LARGE.chunks * LARGE.payloadBytes;

/**
 * What gRPC, TLS and our bookkeeping cost: two members in this process, over the loopback interface, through the exchange that
 * workers use. Processor time of both ends together.
 */
export async function measureTransport(isEncrypted: boolean): Promise<TransportCosts> {
  const pages = (MEMBERS * STORE_BYTES) / PAGE_BYTES;
  const kernels = await loadKernels(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }));
  const exchanges = await openExchanges(isEncrypted);
  try {
    const { signal } = new AbortController();
    await Promise.all(
      exchanges.map((exchange) => exchange.form({ signature: '', stateHash: '0', step: 0 }, signal)),
    );
    let step = 0;
    const measure = async (load: Load): Promise<Round> => {
      const stores = exchanges.map((_, member) => plainStore(load, kernels, member * STORE_BYTES));
      const round = await run(exchanges, stores, load, step, signal);
      step += WARM_UP_STEPS + load.steps;
      return round;
    };
    const nothing = await measure(NOTHING);
    const small = await measure(SMALL);
    const large = await measure(LARGE);
    await Promise.all(exchanges.map((exchange) => exchange.finish('0', signal)));
    return costsOf(nothing, small, large);
  } finally {
    await Promise.all(exchanges.map((exchange) => exchange.close()));
  }
}

interface Round {
  readonly barrierMs: number;
  /** Of one step, both members. */
  readonly processorMs: number;
}

/** Every chunk goes there and back once: with two members each sends as many pushes as sums. */
function costsOf(nothing: Round, small: Round, large: Round): TransportCosts {
  const messages = MEMBERS * SMALL.chunks;
  const perMessageMs = Math.max(0, small.processorMs - nothing.processorMs) / messages;
  const largeMessages = MEMBERS * LARGE.chunks;
  const bytes = largeMessages * LARGE.payloadBytes;
  const perByteMs =
    Math.max(0, large.processorMs - nothing.processorMs - largeMessages * perMessageMs) / bytes;
  return {
    barrierMs: nothing.barrierMs,
    perMemberMs: nothing.processorMs / MEMBERS,
    perMessageMs,
    perByteMs,
  };
}

async function run(
  exchanges: readonly Exchange[],
  stores: readonly ChunkStore[],
  load: Load,
  firstStep: number,
  signal: AbortSignal,
): Promise<Round> {
  const barrierMs: number[] = [];
  let before = process.cpuUsage();
  for (let step = firstStep; step < firstStep + WARM_UP_STEPS + load.steps; step += 1) {
    if (step === firstStep + WARM_UP_STEPS) before = process.cpuUsage();
    const startMs = performance.now();
    const contribution = {
      step,
      stateHash: '0',
      scalers: new Float32Array(8),
      loss: 0,
      samples: 1,
      leaving: false,
    };
    await Promise.all(exchanges.map((exchange) => exchange.barrier(contribution, signal)));
    barrierMs.push(performance.now() - startMs);
    await Promise.all(
      exchanges.map((exchange, member) => {
        const running = exchange.beginStep(step, stores[member] as ChunkStore);
        for (let chunk = 0; chunk < load.chunks; chunk += 1) running.chunkEncoded(chunk);
        return running.staged;
      }),
    );
  }
  return { barrierMs: median(barrierMs.slice(WARM_UP_STEPS)), processorMs: spentMs(before) / load.steps };
}

/** Payloads of given sizes, in shared memory as a worker's are, whose sum is a copy of one: what a sum costs is measured elsewhere. */
function plainStore({ chunks, payloadBytes }: Load, { memory, digest }: Kernels, from: number): ChunkStore {
  const values = payloadBytes / FLOAT_BYTES;
  const at = (place: number, chunk: number): Uint8Array =>
    new Uint8Array(memory.buffer, from + (place * chunks + chunk) * payloadBytes, payloadBytes);
  const arrivalAt = (place: number, chunk: number, bytes: number): Uint8Array | undefined =>
    bytes === payloadBytes ? at(place, chunk) : undefined;
  return {
    chunkCount: chunks,
    rawBytes: () => payloadBytes,
    flatOffset: (chunk) => chunk * values,
    pushCodec: () => 1,
    pullCodec: () => 1,
    pushPayload: (chunk) => at(0, chunk),
    contributionPlace: (chunk, _member, bytes) => arrivalAt(1, chunk, bytes),
    sumPlace: (chunk, bytes) => arrivalAt(2, chunk, bytes),
    reduce: () => undefined,
    pullPayload: (chunk) => at(2, chunk),
    digest: ({ byteOffset, length }) => digest(byteOffset, length) >>> 0,
  };
}

async function openExchanges(isEncrypted: boolean): Promise<Exchange[]> {
  const coordinatorAddress = `${HOST}:${await portForRank0()}`;
  const credentials = isEncrypted ? await twoCredentials() : [undefined, undefined];
  return credentials.map((own, rank) =>
    createExchange({
      job: JOB,
      rank,
      attempt: 1,
      replicas: MEMBERS,
      coordinatorAddress,
      listenAddress: rank === 0 ? coordinatorAddress : `${HOST}:0`,
      advertiseHost: HOST,
      credentials: own,
      scaler: 'shared',
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      state: { bytes: 0, ownFrom: 0, view: () => new Uint8Array(0) },
      formationSeconds: 30,
      recoverySeconds: 30,
      stepDeadlineSeconds: 60,
      peerLossSeconds: 30,
    }),
  );
}

/** Of a throw-away authority, whose key never leaves this process. */
async function twoCredentials(): Promise<Credentials[]> {
  const notAfter = new Date(Date.now() + 3_600_000);
  const authority = await createAuthority('terngrad-predict', { notAfter });
  return Promise.all(
    [0, 1].map(async (rank) => {
      const identity = { kind: 'worker', namespace: JOB.namespace, jobUid: JOB.uid, rank } as const;
      const leaf = await issueLeaf(authority, { identity, validity: { notAfter } });
      return { ...leaf, authorities: authority.certificate };
    }),
  );
}
