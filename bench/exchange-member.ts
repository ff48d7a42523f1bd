import { createExchange } from '../trainer/exchange/create-exchange.ts';
import { plainStore } from '../trainer/exchange/testing/plain-store.ts';
import type { Credentials } from '../trainer/wire/credentials.ts';

/** What a benchmark process is told by its parent. */
export interface MemberOrder {
  readonly rank: number;
  readonly replicas: number;
  readonly coordinatorAddress: string;
  readonly credentials: Credentials | undefined;
  readonly steps: number;
  readonly warmupSteps: number;
  readonly chunks: number;
  /** float32 values per chunk. */
  readonly values: number;
  readonly pushBytes: number;
  readonly pullBytes: number;
}

/** What it answers. */
export interface MemberFigures {
  readonly rank: number;
  /** Milliseconds per step, of the barrier alone and of barrier plus exchange. */
  readonly barrierMs: readonly number[];
  readonly stepMs: readonly number[];
  readonly sentWireBytes: number;
  readonly sentRawBytes: number;
  readonly transportBytes: number;
  readonly cpuMsPerStep: number;
}

const JOB = { namespace: 'bench', uid: 'bench' };

async function runMember(order: MemberOrder): Promise<MemberFigures> {
  const { rank, replicas, coordinatorAddress, credentials, warmupSteps, steps } = order;
  const exchange = createExchange({
    job: JOB,
    rank,
    attempt: 1,
    replicas,
    coordinatorAddress,
    listenAddress: rank === 0 ? coordinatorAddress : '127.0.0.1:0',
    advertiseHost: '127.0.0.1',
    credentials,
    scaler: 'shared',
    maxPayloadBytes: Math.max(order.pushBytes, order.pullBytes),
    state: { bytes: 0, ownFrom: 0, view: () => new Uint8Array(0) },
    formationSeconds: 30,
    recoverySeconds: 30,
    stepDeadlineSeconds: 60,
    peerLossSeconds: 15,
  });
  const { signal } = new AbortController();
  try {
    await exchange.form({ signature: 'bench', stateHash: '0', step: 0 }, signal);
    const store = plainStore({ ...order, members: replicas });
    const scalers = new Float32Array(8);
    const barrierMs: number[] = [];
    const stepMs: number[] = [];
    let cpuStart = process.cpuUsage();
    for (let step = 0; step < warmupSteps + steps; step++) {
      if (step === warmupSteps) cpuStart = process.cpuUsage();
      const start = performance.now();
      await exchange.barrier({ step, stateHash: '0', scalers, loss: 1, samples: 1, leaving: false }, signal);
      const passed = performance.now();
      const running = exchange.beginStep(step, store);
      for (let c = 0; c < order.chunks; c++) running.chunkEncoded(c);
      await running.staged;
      if (step < warmupSteps) continue;
      barrierMs.push(passed - start);
      stepMs.push(performance.now() - start);
    }
    const cpu = process.cpuUsage(cpuStart);
    await exchange.finish('0', signal);
    const { sent, transport } = exchange.counters;
    return {
      rank,
      barrierMs,
      stepMs,
      sentWireBytes: sent.push.wire + sent.pull.wire + sent.barrier,
      sentRawBytes: sent.push.raw + sent.pull.raw,
      transportBytes: transport.sent,
      cpuMsPerStep: (cpu.user + cpu.system) / 1000 / steps,
    };
  } finally {
    await exchange.close();
  }
}

process.once('message', (order: MemberOrder) => {
  runMember(order).then(
    (figures) => process.send?.(figures, () => process.disconnect()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
