import type { Logger } from 'pino';
import { ExitCode, WorkerEnvironment, type ResolvedJob, type TerminationMessage } from '../crds/index.ts';
import { COORDINATOR } from './exchange/coordination.ts';
import { createExchange } from './exchange/create-exchange.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { StateMemory } from './exchange/state-memory.ts';
import { failureOf } from './failure.ts';
import { trainThroughGenerations, type TrainingEnd } from './generations.ts';
import { startReadOnlyServer, type ReadOnlyServer } from '../http/read-only-server.ts';
import { InvalidEnvironmentError, type WorkerIdentity } from './identity.ts';
import { createWorkerMetrics, type WorkerMetrics } from './metrics/worker-metrics.ts';
import { RunRecord } from './run-record.ts';
import type { Standing } from './saving/checkpoint-keeper.ts';
import { openSaving, type Saving } from './saving/open-saving.ts';
import type { ComputeClient } from './step/compute-client.ts';
import { CodecTrial } from './step/codec-trial.ts';
import { codecsOf } from './step/coding.ts';
import { IoLoop } from './step/io-loop.ts';
import type { Ready } from './step/messages.ts';
import { stateMemory, stateRegions } from './step/state-regions.ts';
import { planStep, type StepPlan } from './step/step-plan.ts';
import { MAX_DEFAULT_CHUNK_VALUES } from './ternary/chunks.ts';
import { FLOAT_BYTES } from './ternary/layout.ts';
import { formatAddress, parseAddress } from './wire/address.ts';
import { CredentialFiles } from './wire/credential-files.ts';

export interface WorkerOptions {
  readonly identity: WorkerIdentity;
  readonly job: ResolvedJob;
  /** The compute thread, which has not been told the job yet. It ends with the worker. */
  readonly compute: ComputeClient;
  readonly log: Logger;
  /** Aborted when the process is asked to stop; the reason says by whom. */
  readonly stop: AbortSignal;
}

/** A worker whose compute thread hangs should say so itself, before the others name it as lost. */
const OWN_SHARE_OF_DEADLINE = 0.9;

/**
 * One worker from start to end: compute thread, exchange, metrics. Never rejects: how it ended, and why, is the
 * termination message.
 */
export async function runWorker(options: WorkerOptions): Promise<TerminationMessage> {
  const { action, ratio } = options.job.spec.stragglerPolicy;
  const record = new RunRecord(options.identity, action === 'wait' ? undefined : ratio);
  try {
    const result = await train(options, record);
    record.weightsHash = result.weightsHash;
    return result.reason === 'completed'
      ? record.message(ExitCode.done, 'Completed', `trained ${record.steps} steps`)
      : record.message(ExitCode.stopped, 'Stopped', stopMessage(options.stop, record));
  } catch (error) {
    if (options.stop.aborted && failureOf(error).exitCode === ExitCode.stopped) {
      return record.message(ExitCode.stopped, 'Stopped', stopMessage(options.stop, record));
    }
    const failure = failureOf(error);
    options.log.error({ reason: failure.reason, stack: failure.stack }, failure.message);
    return record.message(failure.exitCode, failure.reason, failure.message);
  }
}

async function train(options: WorkerOptions, record: RunRecord): Promise<TrainingEnd> {
  const { identity, job, log, compute } = options;
  compute.open({ spec: job.spec, rank: identity.rank, baseDirectory: identity.baseDirectory });
  const metrics = createWorkerMetrics({
    rank: identity.rank,
    jobName: identity.jobName,
    jobNamespace: identity.jobNamespace,
    byteCounts: () => record.byteCounts(),
  });
  let exchange: Exchange | undefined;
  let credentials: CredentialFiles | undefined;
  let http: ReadOnlyServer | undefined;
  const interruptStart = (): void => {
    // Once training, a member leaves at a barrier, so that the others lose no time.
    if (record.state === 'starting') compute.interrupt(stoppedError());
  };
  options.stop.addEventListener('abort', interruptStart);
  try {
    http = await serveProbes(options, record, metrics);
    if (options.stop.aborted) throw stoppedError();
    credentials = await openCredentials(options);
    let model: ExchangedModel | undefined;
    exchange = openExchange(options, record, credentials, () => known(model));
    const prepared = exchange.prepare();
    const ready = await compute.next(['ready'], job.spec.exchange.formationSeconds * 1000);
    // Has mostly taken less; what is half done would be a second connection to rank 0, for nothing.
    await prepared;
    record.backend = ready.backend;
    record.totalSteps = ready.totalSteps;
    record.stepsPerEpoch = Math.ceil(ready.examples / job.spec.training.batchSize);
    log.info(
      { backend: ready.backend, examples: ready.examples, steps: ready.totalSteps },
      'the model is ready',
    );
    for (const note of ready.notes) log.warn(note);

    const { examples } = ready;
    const nonTrainableValues = ready.nonTrainable.reduce((sum, { size }) => sum + size, 0);
    const planFor = (members: number): StepPlan =>
      planStep(ready.tensors, job.spec, { examples, members, nonTrainableValues });
    const plan = planFor(job.spec.workers.replicas);
    const regions = stateRegions(ready.memory, plan.memory, {
      values: plan.layout.values,
      scalerUnits: plan.chunkPlan.units,
      nonTrainableValues,
    });
    const saving = await openSaving(options, {
      ready,
      plan,
      regions,
      onOutcome: (outcome) => metrics.checkpointEnded(outcome.kind, outcome.step),
    });
    const resumed = await saving.checkpoints?.resume();
    model = { state: stateMemory(regions), plan };
    record.attach(exchange);
    try {
      return await runGenerations(options, record, {
        ready,
        planFor,
        exchange,
        compute,
        metrics,
        saving,
        resumed,
      });
    } finally {
      await saving.checkpoints?.close();
    }
  } catch (error) {
    // A failed compute thread closes the exchange; what then ends the waiting side is only the echo.
    throw compute.failure ?? error;
  } finally {
    options.stop.removeEventListener('abort', interruptStart);
    await compute.terminate();
    await exchange?.close();
    credentials?.close();
    await http?.close();
  }
}

async function serveProbes(
  { identity, log }: WorkerOptions,
  record: RunRecord,
  { registry }: WorkerMetrics,
): Promise<ReadOnlyServer> {
  const address = parseAddress(identity.httpAddress);
  const server = await startReadOnlyServer({
    address,
    addressSource: WorkerEnvironment.httpAddress,
    registry,
    sickness: () => undefined,
    waitsFor: () => (record.state === 'training' ? undefined : 'waiting for the members of the job'),
  });
  // The port may have been a free one; this line is the only place that tells it.
  log.info({ address: formatAddress({ ...address, port: server.port }) }, 'probes and metrics are served');
  return server;
}

interface Parts {
  readonly ready: Ready;
  readonly planFor: (members: number) => StepPlan;
  readonly exchange: Exchange;
  readonly compute: ComputeClient;
  readonly metrics: WorkerMetrics;
  readonly saving: Saving;
  readonly resumed: Standing | undefined;
}

async function runGenerations(options: WorkerOptions, record: RunRecord, parts: Parts): Promise<TrainingEnd> {
  const { exchange, compute, metrics, saving } = parts;
  const { job, log, stop } = options;
  compute.onFailure = () => void exchange.close();
  const computeBudgetMs = job.spec.exchange.stepDeadlineSeconds * 1000 * OWN_SHARE_OF_DEADLINE;
  let standing: Standing | undefined;
  const codecs = codecsOf(job.spec.compression);
  const codecTrial =
    codecs.length > 1
      ? new CodecTrial({
          measures: options.identity.rank === COORDINATOR,
          codecs,
          chosen: parts.resumed?.codec,
        })
      : undefined;
  const loop = new IoLoop({
    exchange,
    compute,
    computeBudgetMs,
    codecTrial,
    onCodecChosen: ({ codec, stepMs, why }) => {
      record.codecReason = why;
      log.info({ codec, stepMs }, `chose what gradients are sent as: ${why}`);
    },
    stopRequested: () => stop.aborted,
    beforeFinish: async () => {
      // The final state is due, but is passed over while the one before is still being written.
      if (standing !== undefined) await saving.checkpoints?.saveLast(standing);
      await saving.output?.write();
      if (saving.output !== undefined) log.info({ path: saving.output.path }, 'wrote the trained model');
    },
    onConfirmed: (at, previous) => {
      record.confirm(at.step, previous);
      record.codec = at.codec;
      metrics.inGeneration(at.generation);
      standing = at;
      saving.checkpoints?.confirmed(at);
      if (previous === undefined) return;
      metrics.stepConfirmed({
        phases: previous.completed.phases,
        samples: previous.ownSamples,
        meanLoss: previous.meanLoss,
        exceededScalers: previous.completed.exceededScalers,
        finishedAtSeconds: Date.now() / 1000,
      });
    },
    onEvaluated: (step, sums) => {
      const evaluation = record.evaluated(sums);
      metrics.evaluated(evaluation);
      log.info({ step, ...evaluation }, 'evaluated on the test set');
    },
    signal: new AbortController().signal,
  });
  const end = await trainThroughGenerations({
    ...parts,
    onEndBetweenGenerations: async (at) => saving.checkpoints?.saveLast(at),
    job,
    rank: options.identity.rank,
    loop,
    record,
    log,
    computeBudgetMs,
    stop,
  });
  if (end.reason === 'stopped' && standing !== undefined) await saving.checkpoints?.saveLast(standing);
  if (end.reason === 'completed') {
    record.state = 'finished';
    log.info(
      { steps: record.steps, weightsHash: end.weightsHash },
      'all workers ended with the same weights',
    );
  }
  return end;
}

/** What the exchange has to know of the model. */
interface ExchangedModel {
  readonly state: StateMemory;
  readonly plan: StepPlan;
}

function known(model: ExchangedModel | undefined): ExchangedModel {
  if (model === undefined) throw new Error('the exchange began before the model was ready');
  return model;
}

function openExchange(
  { identity, job, log }: WorkerOptions,
  record: RunRecord,
  credentials: CredentialFiles | undefined,
  model: () => ExchangedModel,
): Exchange {
  const { exchange, compression, workers } = job.spec;
  return createExchange({
    job: { namespace: identity.jobNamespace, uid: identity.jobUid },
    rank: identity.rank,
    attempt: identity.attempt,
    replicas: workers.replicas,
    elastic: workers.elastic,
    coordinatorAddress: identity.coordinatorAddress,
    listenAddress: identity.listenAddress,
    advertiseHost: identity.advertiseHost,
    credentials,
    scaler: compression.scaler,
    payloadBoundBytes: (exchange.chunkValues ?? MAX_DEFAULT_CHUNK_VALUES) * FLOAT_BYTES,
    get maxPayloadBytes() {
      return model().plan.maxPayloadBytes;
    },
    get ahead() {
      return model().plan.ahead;
    },
    get state() {
      return model().state;
    },
    formationSeconds: exchange.formationSeconds,
    recoverySeconds: exchange.recoverySeconds,
    stepDeadlineSeconds: exchange.stepDeadlineSeconds,
    peerLossSeconds: exchange.peerLossSeconds,
    onProgress: () => record.progress(),
    onBarrier: (members) => record.metAt(members),
    log: (level, message, fields) => log[level](fields, message),
  });
}

/** Renewed while the worker runs: streams that are open go on, and every later connection uses what is newest. */
async function openCredentials({ identity, job, log }: WorkerOptions): Promise<CredentialFiles | undefined> {
  if (!job.spec.tls.enabled) return undefined;
  return CredentialFiles.open(certificateDirectoryOf(identity), {
    onRenewed: (expiresAt) => log.info({ expiresAt }, 'the certificate was renewed'),
    onRefused: (reason) => log.warn({ reason }, 'a new certificate cannot be used; the old one stays'),
  });
}

function certificateDirectoryOf(identity: WorkerIdentity): string {
  if (identity.certificateDirectory !== undefined) return identity.certificateDirectory;
  throw new InvalidEnvironmentError(
    `${WorkerEnvironment.certificateDirectory} is not set, and the job has tls.enabled: true`,
  );
}

function stoppedError(): Error {
  return Object.assign(new Error('asked to stop before training began'), { code: 'STOPPED' });
}

function stopMessage(stop: AbortSignal, record: RunRecord): string {
  const by = String(stop.reason);
  return `stopped after ${record.steps} of ${record.totalSteps} steps: ${by}`;
}
