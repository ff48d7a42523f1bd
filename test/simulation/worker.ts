import type { Logger } from 'pino';
import { ExitCode } from '../../crds/index.ts';
import type { ResolvedJob } from '../../crds/index.ts';
import { createExchange } from '../../trainer/exchange/create-exchange.ts';
import type { Exchange, Membership } from '../../trainer/exchange/exchange.ts';
import type { Surroundings } from '../../trainer/exchange/surroundings.ts';
import { failureOf } from '../../trainer/failure.ts';
import { trainThroughGenerations } from '../../trainer/generations.ts';
import { RunRecord } from '../../trainer/run-record.ts';
import type { Standing } from '../../trainer/saving/checkpoint-keeper.ts';
import { IoLoop } from '../../trainer/step/io-loop.ts';
import type { FromCompute, ToCompute } from '../../trainer/step/messages.ts';
import { stateMemory, stateRegions } from '../../trainer/step/state-regions.ts';
import { simulateCompute } from './compute.ts';
import type { SimulatedProcess } from './process.ts';
import type { TinyModel } from './tiny-model.ts';

/** What a worker has that outlives it. */
export interface Volume {
  newest: { readonly standing: Standing; readonly state: Uint8Array } | undefined;
}

export interface SimulatedWorkerOptions {
  readonly process: SimulatedProcess;
  readonly surroundings: Surroundings;
  readonly model: TinyModel;
  readonly job: ResolvedJob;
  readonly uid: string;
  readonly coordinatorAddress: string;
  /** In place of the model's. */
  readonly signature?: string | undefined;
  readonly volume: Volume | undefined;
  readonly checkpointEverySteps: number;
  readonly stop: AbortSignal;
  readonly gradientMs: () => number;
  readonly events: WorkerEvents;
}

export interface WorkerEvents {
  onWord(word: FromCompute | ToCompute): void;
  onStaged(): void;
  onForming(): void;
  onFormed(membership: Membership): void;
  onConfirmed(at: Standing): void;
  onLog(message: string, fields: object): void;
}

export interface WorkerEnd {
  readonly exitCode: number;
  readonly message: string;
  readonly finalHashes: readonly string[] | undefined;
}

class WatchedRecord extends RunRecord {
  readonly #events: WorkerEvents;

  constructor(events: WorkerEvents, identity: ConstructorParameters<typeof RunRecord>[0]) {
    super(identity);
    this.#events = events;
  }

  override formed(membership: Membership): void {
    super.formed(membership);
    this.#events.onFormed(membership);
  }
}

/** As `runWorker` puts a worker together, without threads, files and sockets. */
export class SimulatedWorker {
  readonly exchange: Exchange;
  readonly record: RunRecord;
  readonly #options: SimulatedWorkerOptions;

  constructor(options: SimulatedWorkerOptions) {
    const { process, job, uid, coordinatorAddress, surroundings, events } = options;
    const { rank, attempt } = process;
    const { exchange, compression, workers } = job.spec;
    this.#options = options;
    this.record = new WatchedRecord(events, {
      jobFile: '',
      jobName: job.metadata.name,
      jobNamespace: 'default',
      jobUid: uid,
      rank,
      attempt,
      coordinatorAddress,
      advertiseHost: `host-${rank}-${attempt}`,
      listenAddress: '',
      httpAddress: '',
      certificateDirectory: undefined,
      terminationMessageFile: undefined,
      baseDirectory: '',
      logLevel: 'info',
    });
    this.exchange = createExchange({
      job: { namespace: 'default', uid },
      rank,
      attempt,
      replicas: workers.replicas,
      elastic: workers.elastic,
      coordinatorAddress,
      listenAddress: rank === 0 ? coordinatorAddress : `host-${rank}-${attempt}:0`,
      advertiseHost: rank === 0 ? coordinatorAddress.replace(/:.*/, '') : `host-${rank}-${attempt}`,
      credentials: undefined,
      scaler: compression.scaler,
      maxPayloadBytes: options.model.plan.maxPayloadBytes,
      ahead: options.model.plan.ahead,
      state: stateMemory(this.#regions()),
      formationSeconds: exchange.formationSeconds,
      recoverySeconds: exchange.recoverySeconds,
      stepDeadlineSeconds: exchange.stepDeadlineSeconds,
      peerLossSeconds: exchange.peerLossSeconds,
      onProgress: () => this.record.progress(),
      log: (_level, message, fields) => events.onLog(message, fields),
      surroundings,
    });
    this.record.attach(this.exchange);
  }

  /** Never rejects. */
  async run(): Promise<WorkerEnd> {
    try {
      const end = await this.#train();
      if (end.reason === 'completed') this.record.state = 'finished';
      const [exitCode, finalHashes] =
        end.reason === 'completed' ? [ExitCode.done, end.weightsHashes] : [ExitCode.stopped, undefined];
      return { exitCode, message: end.reason, finalHashes };
    } catch (error) {
      const { exitCode, message } = failureOf(error);
      return { exitCode, message, finalHashes: undefined };
    } finally {
      void this.exchange.close();
    }
  }

  async #train(): ReturnType<typeof trainThroughGenerations> {
    const { process, model, job, volume, gradientMs, stop, events, signature } = this.#options;
    const { record, exchange } = this;
    const compute = simulateCompute({
      process,
      model,
      rank: process.rank,
      gradientMs,
      onWord(word) {
        events.onWord(word);
        if (word.type === 'rewound') events.onForming();
      },
      onStaged: () => events.onStaged(),
    });
    compute.onFailure = () => void exchange.close();
    record.totalSteps = model.plan.totalSteps;
    record.stepsPerEpoch = 1;
    events.onForming();
    const resumed = this.#resume();
    const computeBudgetMs = job.spec.exchange.stepDeadlineSeconds * 900;
    const loop = new IoLoop({
      exchange,
      compute,
      computeBudgetMs,
      stopRequested: () => stop.aborted,
      beforeFinish: async () => {},
      onConfirmed: (at, previous) => {
        record.confirm(at.step, previous);
        events.onConfirmed(at);
        if (at.step % this.#options.checkpointEverySteps === 0) this.#save(volume, at);
      },
      onEvaluated: () => {},
      signal: new AbortController().signal,
    });
    const end = await trainThroughGenerations({
      job,
      rank: process.rank,
      ready: {
        type: 'ready',
        memory: model.kernels.memory,
        tensors: model.tensors,
        backend: 'simulated',
        notes: [],
        nonTrainable: [],
        examples: model.examples,
        totalSteps: model.plan.totalSteps,
        signature: signature ?? model.plan.signature,
        stateHash: model.hash(),
      },
      planFor: model.planFor,
      exchange,
      compute,
      resumed,
      onEndBetweenGenerations: async () => {},
      loop,
      record,
      log: loggerTo(events),
      computeBudgetMs,
      stop,
    });
    return end;
  }

  #resume(): Standing | undefined {
    const { volume, process } = this.#options;
    if (process.rank !== 0 || volume?.newest === undefined) return undefined;
    let at = 0;
    for (const { values } of this.#regions()) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      bytes.set(volume.newest.state.subarray(at, at + bytes.length));
      at += bytes.length;
    }
    return volume.newest.standing;
  }

  #save(volume: Volume | undefined, standing: Standing): void {
    if (volume === undefined || this.#options.process.rank !== 0 || this.#options.process.isDead) return;
    const parts = this.#regions().map(
      ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
    volume.newest = { standing, state: Buffer.concat(parts) };
  }

  #regions(): ReturnType<typeof stateRegions> {
    const { kernels, plan } = this.#options.model;
    return stateRegions(kernels.memory, plan.memory, {
      values: plan.layout.values,
      scalerUnits: plan.chunkPlan.units,
      nonTrainableValues: 0,
    });
  }
}

function loggerTo({ onLog }: WorkerEvents): Logger {
  const say = (fields: object | string, message?: string): void =>
    typeof fields === 'string' ? onLog(fields, {}) : onLog(message ?? '', fields);
  return { info: say, warn: say, error: say } as unknown as Logger;
}
