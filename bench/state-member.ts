import { createExchange } from '../trainer/exchange/create-exchange.ts';
import type { Credentials } from '../trainer/wire/credentials.ts';

/** What one of the two processes of a state transfer is told by its parent. */
export interface StateOrder {
  readonly rank: number;
  readonly host: string;
  readonly coordinatorAddress: string;
  readonly credentials: Credentials;
  readonly stateBytes: number;
}

/** How long it took to form the generation, the copy included. */
export interface StateFigures {
  readonly formMs: number;
}

const SEED = 0x5eed;
const PRIME = 251;

/** Rank 0 has a state, rank 1 has none: the formation copies it. */
async function runMember({ rank, host, coordinatorAddress, credentials, stateBytes }: StateOrder) {
  const state = Buffer.alloc(stateBytes, rank === 0 ? Buffer.from(pattern()) : 0);
  const exchange = createExchange({
    job: { namespace: 'bench', uid: 'bench' },
    rank,
    attempt: 1,
    replicas: 2,
    coordinatorAddress,
    listenAddress: rank === 0 ? coordinatorAddress : `${host}:0`,
    advertiseHost: host,
    credentials,
    scaler: 'shared',
    maxPayloadBytes: 1024,
    state: {
      bytes: stateBytes,
      ownFrom: stateBytes,
      view: (offset, length) => state.subarray(offset, offset + length),
    },
    formationSeconds: 600,
    recoverySeconds: 600,
    stepDeadlineSeconds: 600,
    peerLossSeconds: 60,
  });
  const { signal } = new AbortController();
  try {
    await exchange.prepare();
    process.send?.('ready');
    await new Promise((resolve) => process.once('message', resolve));
    const start = performance.now();
    const own = rank === 0 ? { step: 1, stateHash: 'whole' } : { step: 0, stateHash: '' };
    await exchange.form({ signature: 'bench', ...own }, signal);
    const formMs = performance.now() - start;
    if (!state.subarray(0, PRIME).equals(Buffer.from(pattern()))) throw new Error('the state did not arrive');
    await exchange.barrier(
      { step: 1, stateHash: '0', scalers: new Float32Array(1), loss: 0, samples: 1, leaving: true },
      signal,
    );
    return { formMs };
  } finally {
    await exchange.close();
  }
}

function pattern(): number[] {
  return Array.from({ length: PRIME }, (_, i) => (i * 31 + SEED) & 255);
}

process.once('message', (order: StateOrder) => {
  runMember(order).then(
    (figures: StateFigures) => process.send?.(figures, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
