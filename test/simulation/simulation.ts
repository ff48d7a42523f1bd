import { ExitCode } from '../../crds/index.ts';
import type { JobSpec, ResolvedJob } from '../../crds/index.ts';
import { emptyHeader, FrameKind, FRAME_HEADER_BYTES, readFrameHeader } from '../../trainer/wire/frame.ts';
import { copyStateMethod, progressMethod, pushMethod } from '../../trainer/wire/messages.ts';
import { emptyMetadata } from '../../trainer/wire/metadata.ts';
import type { ProgressReport, ProgressRequest } from '../../trainer/wire/progress.ts';
import type { FromCompute, ToCompute } from '../../trainer/step/messages.ts';
import { randomOf } from '../control-plane/random.ts';
import type { InTransit } from './connection.ts';
import { Ledger } from './ledger.ts';
import { Network } from './network.ts';
import { SimulatedProcess } from './process.ts';
import { Reference } from './reference.ts';
import type { Action, Fault, Phase, Schedule } from './schedule.ts';
import { STEPS } from './schedule.ts';
import { Tampering } from './tampering.ts';
import { createTinyModel, tinySpec } from './tiny-model.ts';
import type { TinyModel } from './tiny-model.ts';
import { VirtualTime } from './virtual-time.ts';
import { SimulatedWorker } from './worker.ts';
import type { Volume, WorkerEnd } from './worker.ts';

const UID = '7d9c3a52-0000-4000-8000-000000000001';
const COORDINATOR = 'rank-0:2222';
const GRADIENT_MS = 300;
const GRADIENT_JITTER_MS = 60;
/** A replacement has its program loaded by then. */
const RESTART_MS = 700;
const POLL_MS = 1000;
/** The probes of a pod have more patience than the other workers. */
const MOST_SILENT_POLLS = 20;
/** A rank may be started so often; more is no bad luck. */
const MOST_ATTEMPTS = 12;
/** No fault of a schedule may hold a job up for so long. */
const LIMIT_MS = 15 * 60_000;
const AFTER_WORD_MS = 0.2;

/** Against the attempt that a rank has now. */
const ATTEMPT_OF = { next: 1, double: 0, old: -1 } as const;

export interface Outcome {
  readonly violations: readonly string[];
  readonly finalHash: string | undefined;
  /** Of faults, whose moment came. */
  readonly struck: number;
  readonly attempts: number;
  readonly restores: number;
  readonly endedAtMs: number;
  /** What happened, a line each. */
  readonly trace: readonly string[];
}

interface Running {
  readonly process: SimulatedProcess;
  readonly worker: SimulatedWorker;
  readonly model: TinyModel;
  readonly stop: AbortController;
  step: number;
  /** Its memory is not what it should be, and it does not know it yet. */
  isFlipped: boolean;
  hasTrained: boolean;
}

const references = new Map<string, Promise<Reference>>();
const memories: WebAssembly.Memory[] = [];

/** One job from start to end, with its faults, in virtual time. The same schedule and seed give the same run. */
export async function simulate(schedule: Schedule, seed: number): Promise<Outcome> {
  const job = { metadata: { name: 'simulated' }, spec: specFor(schedule) } as ResolvedJob;
  return new Simulation(schedule, seed, job, await referenceOf(schedule)).run();
}

/** The hash that an undisturbed job of this size and kind ends with. */
export async function undisturbedHash({
  replicas,
  ahead = false,
}: Pick<Schedule, 'replicas' | 'ahead'>): Promise<string> {
  const reference = await referenceOf({ replicas, ahead });
  const ranks = Array.from({ length: replicas }, (_, rank) => rank);
  let hash = reference.initialHash;
  for (let step = 0; step < STEPS; step++) hash = await reference.after(hash, step, ranks);
  return hash;
}

function referenceOf(shape: Pick<Schedule, 'replicas' | 'elastic' | 'ahead'>): Promise<Reference> {
  const key = JSON.stringify([shape.replicas, shape.elastic, shape.ahead ?? false]);
  const reference = references.get(key) ?? Reference.of(specFor(shape));
  references.set(key, reference);
  return reference;
}

function specFor({
  replicas,
  elastic,
  ahead = false,
}: Pick<Schedule, 'replicas' | 'elastic' | 'ahead'>): JobSpec {
  return tinySpec({ replicas, steps: STEPS, ahead, ...(elastic !== undefined && { elastic }) });
}

class Simulation {
  readonly #schedule: Schedule;
  readonly #job: ResolvedJob;
  readonly #time = new VirtualTime();
  readonly #random: () => number;
  readonly #network: Network;
  readonly #tampering = new Tampering();
  readonly #ledger: Ledger;
  readonly #due: Set<Fault>;
  /** The process that a rank has now. */
  readonly #seats = new Map<number, Running>();
  readonly #all: Running[] = [];
  readonly #volume: Volume = { newest: undefined };
  readonly #operator: SimulatedProcess;
  readonly #trace: string[] = [];
  readonly #used: WebAssembly.Memory[] = [];
  readonly #attempts = new Map<number, number>();
  #wantedSize: number;
  #nextModelIsAnother = false;
  #end: WorkerEnd | undefined;
  #failure: string | undefined;

  constructor(schedule: Schedule, seed: number, job: ResolvedJob, reference: Reference) {
    this.#schedule = schedule;
    this.#job = job;
    this.#random = randomOf(seed, JSON.stringify(schedule));
    this.#ledger = new Ledger(reference);
    this.#due = new Set(schedule.faults);
    this.#wantedSize = schedule.replicas;
    this.#operator = new SimulatedProcess(this.#time, { rank: -1, attempt: 1 });
    this.#network = new Network({
      time: this.#time,
      random: this.#random,
      identityOf: ({ rank }) =>
        rank < 0 ? { kind: 'operator' } : { kind: 'worker', namespace: 'default', jobUid: UID, rank },
      tap: (message) => {
        this.#sees(message);
        return this.#tampering.tap(message);
      },
    });
  }

  async run(): Promise<Outcome> {
    for (let rank = 0; rank < this.#wantedSize; rank++) this.#start(rank, 10 * this.#random());
    if (this.#schedule.isWithoutOperator !== true) this.#operator.clock.every(POLL_MS, () => this.#poll());
    await this.#time.run(LIMIT_MS, () => this.#end !== undefined || this.#failure !== undefined);
    if (this.#failure !== undefined) this.#ledger.stuck(this.#failure);
    else if (this.#end === undefined) this.#ledger.stuck(`nothing more happens: ${this.#whoWaits()}`);
    for (const { process } of this.#all) process.die();
    this.#operator.die();
    const violations = await this.#ledger.verify();
    memories.push(...this.#used);
    const final = new Set(this.#end?.finalHashes);
    return {
      violations: [
        ...violations,
        ...(this.#end !== undefined && final.size !== 1 ? [`final hashes ${[...final].join()}`] : []),
      ],
      finalHash: this.#finalHash,
      struck: this.#schedule.faults.length - this.#due.size,
      attempts: this.#all.length,
      restores: this.#ledger.restores,
      endedAtMs: this.#time.nowMs,
      trace: this.#trace,
    };
  }

  #finalHash: string | undefined;

  #start(rank: number, afterMs: number, kind: keyof typeof ATTEMPT_OF = 'next'): void {
    const attempt = (this.#attempts.get(rank) ?? 0) + ATTEMPT_OF[kind];
    if (kind === 'next') this.#attempts.set(rank, attempt);
    if (attempt > MOST_ATTEMPTS) {
      this.#failure = `rank ${rank} has been started ${MOST_ATTEMPTS} times`;
      return;
    }
    const process = new SimulatedProcess(this.#time, { rank, attempt });
    const signature = this.#nextModelIsAnother ? 'another' : undefined;
    this.#nextModelIsAnother = false;
    process.onDeath = () => this.#network.died(process);
    this.#operator.clock.after(afterMs, () => {
      void this.#run(process, kind, signature);
    });
  }

  async #run(
    process: SimulatedProcess,
    kind: keyof typeof ATTEMPT_OF,
    signature: string | undefined,
  ): Promise<void> {
    const model = await createTinyModel(this.#job.spec, memories.pop());
    const stop = new AbortController();
    const { checkpointEverySteps } = this.#schedule;
    this.#used.push(model.kernels.memory);
    this.#say(process, kind === 'next' ? 'starts' : `starts as ${kind}`);
    const worker = new SimulatedWorker({
      process,
      surroundings: this.#network.surroundingsOf(process),
      model,
      job: this.#job,
      uid: UID,
      coordinatorAddress: COORDINATOR,
      signature,
      volume: checkpointEverySteps === undefined ? undefined : this.#volume,
      checkpointEverySteps: checkpointEverySteps ?? 1,
      stop: stop.signal,
      gradientMs: () => GRADIENT_MS + GRADIENT_JITTER_MS * this.#random(),
      events: {
        onWord: (word) => this.#hears(running, word),
        onStaged: () => this.#reach(running, running.step, 'staged'),
        onForming: () => this.#soon(running, running.step, 'forming', 5),
        onFormed: (membership) => {
          running.step = membership.step;
          if (!this.#somebodyRemembers()) this.#ledger.lostAll();
          running.hasTrained = true;
          // Who found it out has copied a peer's state since.
          running.isFlipped &&= !membership.restored;
          this.#say(process, `generation ${membership.generation} at step ${membership.step}`);
          this.#ledger.formed(process, membership);
        },
        onConfirmed: ({ step }) => this.#ledger.confirmed(step),
        onLog: (message, fields) => this.#say(process, `${message} ${JSON.stringify(fields)}`),
      },
    });
    const running: Running = { process, worker, model, stop, step: 0, isFlipped: false, hasTrained: false };
    this.#all.push(running);
    if (kind === 'next') this.#seats.set(process.rank, running);
    const end = await worker.run();
    process.enter(() => this.#ended(running, end));
  }

  /** A worker's process ends by itself. */
  #ended({ process, worker }: Running, end: WorkerEnd): void {
    const { rank } = process;
    this.#say(process, `ends with ${end.exitCode}: ${end.message}`);
    void worker.exchange.close().then(() => process.die());
    const isSeated = this.#seats.get(rank)?.process === process;
    if (!isSeated) return;
    if (end.exitCode === ExitCode.done) {
      this.#seats.delete(rank);
      if (rank === 0) this.#end = end;
      return;
    }
    this.#replace(rank);
  }

  #replace(rank: number): void {
    this.#seats.delete(rank);
    const { elastic } = this.#schedule;
    // So late that the others have gone on without it.
    const graceMs = 1.5 * 1000 * (elastic?.graceSeconds ?? 0);
    if (rank < this.#wantedSize) this.#start(rank, graceMs + RESTART_MS * (1 + 0.3 * this.#random()));
  }

  #kill(running: Running | undefined): void {
    if (running === undefined || running.process.isDead) return;
    this.#say(running.process, 'is killed');
    running.process.die();
    if (this.#seats.get(running.process.rank) === running) this.#replace(running.process.rank);
  }

  /** As the operator does: tells rank 0 of attempts and size, and replaces whom it suspects. */
  #poll(): void {
    const attempts = [...this.#seats.values()].map(({ process: { rank, attempt } }) => ({ rank, attempt }));
    const request: ProgressRequest = { wantedSize: this.#wantedSize, attempts };
    const channel = this.#network.channel(this.#operator, {
      address: COORDINATOR,
      checkPeer: () => undefined,
      peerLossMs: POLL_MS,
    });
    const { path, requestSerialize, responseDeserialize } = progressMethod;
    const deadline = this.#operator.clock.unixMs() + POLL_MS;
    const answered = (_error: unknown, report?: ProgressReport): void => {
      channel.close();
      for (const { rank, attempt } of report?.suspects ?? []) {
        const suspect = this.#seats.get(rank);
        // Who starts only now is waited for.
        if (suspect?.process.attempt === attempt && suspect.process.isStopped) this.#kill(suspect);
      }
    };
    channel.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      emptyMetadata(),
      { deadline },
      answered,
    );
    this.#probe();
  }

  readonly #silentPolls = new Map<SimulatedProcess, number>();

  /** Who answers no probe any more is restarted, as by its kubelet. */
  #probe(): void {
    for (const seated of this.#seats.values()) {
      if (!seated.process.isStopped) continue;
      const polls = (this.#silentPolls.get(seated.process) ?? 0) + 1;
      this.#silentPolls.set(seated.process, polls);
      if (polls > MOST_SILENT_POLLS) this.#kill(seated);
    }
  }

  #hears(running: Running, word: FromCompute | ToCompute): void {
    const { process } = running;
    if (word.type === 'contribution') {
      running.step = word.step;
      this.#ledger.contributes(process, word.step, word.stateHash);
      this.#soon(running, word.step, 'gradient', GRADIENT_MS / 2);
      this.#soon(running, word.step, 'barrier', GRADIENT_MS + GRADIENT_JITTER_MS + AFTER_WORD_MS);
      if (word.step === STEPS) this.#finalHash = word.stateHash;
    } else if (word.type === 'agreed') {
      this.#soon(running, word.step, word.stop ? 'finish' : 'encode', AFTER_WORD_MS);
    }
  }

  /** What passes on the network tells more of where a member is. */
  #sees({ from, to, path, bytes }: InTransit): void {
    const sender = this.#seats.get(from.rank);
    if (path === pushMethod.path && sender?.process === from) {
      const kinds = kindsIn(bytes);
      if (kinds.has(FrameKind.push)) this.#soon(sender, sender.step, 'push', 0);
      if (kinds.has(FrameKind.pull)) this.#soon(sender, sender.step, 'pull', 0);
    }
    const receiver = this.#seats.get(to.rank);
    if (path === copyStateMethod.path && receiver?.process === to && from.rank !== to.rank) {
      this.#soon(receiver, receiver.step, 'copying', AFTER_WORD_MS);
    }
  }

  #soon(running: Running, step: number, phase: Phase, afterMs: number): void {
    if (this.#dueAt(running, step, phase).length === 0) return;
    this.#time.after(afterMs, () => {
      if (!running.process.isDead) this.#reach(running, step, phase);
    });
  }

  #dueAt({ process: { rank, attempt } }: Running, step: number, phase: Phase): Fault[] {
    return [...this.#due].filter(
      (fault) =>
        fault.rank === rank &&
        fault.phase === phase &&
        attempt >= (fault.fromAttempt ?? 1) &&
        (phase === 'forming' || phase === 'copying' || phase === 'finish' || fault.step === step),
    );
  }

  #reach(running: Running, step: number, phase: Phase): void {
    for (const fault of this.#dueAt(running, step, phase)) {
      this.#due.delete(fault);
      this.#look(`when ${fault.action.kind} strikes`);
      this.#say(running.process, `${phase} of step ${step}: ${JSON.stringify(fault.action)}`);
      this.#strike(running, fault.action);
    }
  }

  /** At the instant of a fault all memories are whole. */
  #look(when: string): void {
    for (const { process, worker, model, isFlipped, hasTrained } of this.#all) {
      if (process.isDead || isFlipped || !hasTrained || !worker.exchange.hasOwnState) continue;
      this.#ledger.seen(process, model.hash(), when);
    }
  }

  #strike(running: Running, action: Action): void {
    const { process } = running;
    const { rank } = process;
    switch (action.kind) {
      case 'kill':
        return this.#kill(running);
      case 'kill all':
        for (const seated of this.#seats.values()) seated.process.die();
        for (const seated of this.#seats.keys()) this.#replace(seated);
        return undefined;
      case 'kill; next has another model':
        this.#nextModelIsAnother = true;
        return this.#kill(running);
      case 'ask to leave':
        return running.stop.abort(new Error('SIGTERM'));
      case 'stop':
      case 'freeze':
        process.stop();
        this.#network.stopped(process);
        if (action.kind === 'stop') this.#time.after(action.forMs, () => process.wake());
        return undefined;
      case 'cut':
        return this.#network.cut(rank, action.peer);
      case 'block':
        return this.#network.block(rank, action.peer, action.forMs);
      case 'slow':
        return this.#network.slow(rank, action.peer, action.extraMs, action.forMs);
      case 'flip a weight':
        return this.#flip(running, action.bit);
      case 'double':
        return this.#start(rank, 1, 'double');
      case 'old attempt':
        return this.#start(rank, 1, 'old');
      case 'scale':
        return this.#scale(action.to);
      case 'turn a bit':
      case 'send twice':
      case 'lose':
      case 'replay':
      case 'cut a message short':
        return this.#tampering.arm(rank, action);
    }
  }

  #flip(running: Running, bit: number): void {
    const { plan, kernels, vectors } = running.model;
    const bytes = new Uint8Array(kernels.memory.buffer, vectors.present.weights, plan.layout.values * 4);
    // Of a value that exists: the first tensor's.
    const at = (bit >> 3) % (4 * 250);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
    running.isFlipped = true;
  }

  #scale(to: number): void {
    for (let rank = to; rank < this.#wantedSize; rank++) {
      this.#seats.get(rank)?.stop.abort(new Error('SIGTERM'));
    }
    const from = this.#wantedSize;
    this.#wantedSize = to;
    for (let rank = from; rank < to; rank++) {
      if (!this.#seats.has(rank)) this.#start(rank, RESTART_MS);
    }
  }

  /** Whether any process has a state that training may go on from. */
  /** Who copies a peer's state has none of its own meanwhile. */
  #somebodyRemembers(): boolean {
    return this.#all.some(
      ({ process, worker, hasTrained, isFlipped }) =>
        hasTrained && !isFlipped && !process.isDead && worker.exchange.hasOwnState,
    );
  }

  #whoWaits(): string {
    return [...this.#seats.values()]
      .map(
        ({ process, worker }) => `${process.name} waits for ${worker.exchange.waiting?.ranks.join() ?? '?'}`,
      )
      .join('; ');
  }

  #say(process: SimulatedProcess, what: string): void {
    this.#trace.push(`${this.#time.nowMs.toFixed(1)} ${process.name}: ${what}`);
  }
}

/** The kinds of frames in a bulk message. */
function kindsIn(message: Buffer): Set<number> {
  const kinds = new Set<number>();
  const header = emptyHeader();
  for (let offset = 0; offset < message.length; offset += FRAME_HEADER_BYTES + header.payloadBytes) {
    readFrameHeader(message, offset, header);
    kinds.add(header.kind);
  }
  return kinds;
}
