import type { ExitCode, TerminationMessage } from '../crds/index.ts';
import { emptyTraffic } from './exchange/counters.ts';
import type { Exchange, MemberFigures, Membership } from './exchange/exchange.ts';
import type { WorkerIdentity } from './identity.ts';
import type { ByteCounts } from './metrics/worker-metrics.ts';
import { familyOf, type StepCodec } from './step/coding.ts';
import { Figures } from './step/figures.ts';
import type { ConfirmedByBarrier } from './step/io-loop.ts';
import type { EvaluationSums } from './step/messages.ts';
import { Pace } from './step/pace.ts';
import type { ProgressReport, Straggler, Suspect } from './wire/progress.ts';

export interface EvaluationResult {
  readonly loss: number;
  /** 0..1; undefined for a program without a notion of a right answer. */
  readonly accuracy: number | undefined;
}

const SAID_STATE = {
  starting: 'joining',
  training: 'training',
  recovering: 'waiting',
  finished: 'finished',
} as const;

/** What is known of a run so far: the one source of progress answers, metrics and the termination message. */
export class RunRecord {
  readonly figures = new Figures();
  state: 'starting' | 'training' | 'recovering' | 'finished' = 'starting';
  backend: string | undefined;
  totalSteps = 0;
  #steps = 0;
  /** Whole: the last step of an epoch is one too, however short its batch is. */
  stepsPerEpoch = 0;
  weightsHash: string | undefined;
  /** What the workers have chosen, where the job leaves it to them. */
  codec: StepCodec | undefined;
  /** Why, in words; known to the rank 0 that chose. */
  codecReason: string | undefined;
  readonly #identity: WorkerIdentity;
  /** `undefined`: nobody wants to know. */
  readonly #stragglerRatio: number | undefined;
  readonly #pace = new Pace();
  #evaluation: EvaluationResult | undefined;
  #membership: Membership | undefined;
  #exchange: Exchange | undefined;

  constructor(identity: WorkerIdentity, stragglerRatio?: number) {
    this.#identity = identity;
    this.#stragglerRatio = stragglerRatio;
  }

  attach(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  /** Every member has the state before `membership.step`, so the steps before are confirmed. */
  formed(membership: Membership): void {
    this.#membership = membership;
    this.#steps = membership.step;
    this.state = 'training';
    this.#pace.restart();
  }

  /** Rank 0: the members are at a barrier. */
  metAt(members: readonly MemberFigures[]): void {
    this.#pace.add(
      members.map(({ rank, samples, maxima: [computeMs] }) => ({
        rank,
        computeMs: samples > 0 ? computeMs : undefined,
      })),
    );
  }

  /** Steps of the job that all members have done, those before this process came included. */
  get steps(): number {
    return this.#steps;
  }

  /** All members are at `step`. What is known of the one before it counts in the figures. */
  confirm(step: number, previous: ConfirmedByBarrier | undefined): void {
    this.#steps = step;
    if (previous !== undefined) this.#add(previous);
  }

  #add(step: ConfirmedByBarrier): void {
    this.figures.add({
      phases: step.completed.phases,
      totalMs: step.completed.totalMs,
      samples: step.samples,
      meanLoss: step.meanLoss,
      slowestComputeMs: step.slowestComputeMs,
    });
  }

  evaluated({ lossSum, correct, examples }: EvaluationSums): EvaluationResult {
    this.#evaluation = {
      loss: lossSum / examples,
      accuracy: correct === undefined ? undefined : correct / examples,
    };
    return this.#evaluation;
  }

  /** Bytes that this worker sent; zero before the exchange is open. */
  byteCounts(): ByteCounts {
    const counters = this.#exchange?.counters;
    const { push, pull, barrier } = counters?.sent ?? emptyTraffic();
    return { push, pull, barrier, transport: counters?.transport ?? { sent: 0, received: 0 } };
  }

  get epochs(): number {
    return this.stepsPerEpoch === 0 ? 0 : this.#steps / this.stepsPerEpoch;
  }

  /** `undefined` before the members have met: what this process could say would be of itself alone. */
  progress(): ProgressReport | undefined {
    if (this.#membership === undefined) return undefined;
    const { figures } = this;
    const { push, pull } = this.byteCounts();
    const { members } = this.#membership;
    const suspects = this.#suspects();
    return {
      step: this.#steps,
      totalSteps: this.totalSteps,
      epoch: this.epochs,
      ...(figures.loss !== undefined && { loss: figures.loss }),
      ...(this.#evaluation?.accuracy !== undefined && { testAccuracy: this.#evaluation.accuracy }),
      samplesPerSecond: figures.samplesPerSecond,
      stepMs: figures.stepMs?.total ?? 0,
      bytes: { raw: push.raw + pull.raw, wire: push.wire + pull.wire },
      ranks: members.map(({ rank, attempt }) => ({
        rank,
        attempt,
        step: this.#steps,
        state: suspects.some((suspect) => suspect.rank === rank) ? 'joining' : SAID_STATE[this.state],
      })),
      suspects,
      stragglers: this.#stragglers(),
    };
  }

  #stragglers(): Straggler[] {
    if (this.#stragglerRatio === undefined || this.state !== 'training') return [];
    const attempts = new Map(this.#membership?.members.map(({ rank, attempt }) => [rank, attempt]));
    return this.#pace.stragglers(this.#stragglerRatio).flatMap(({ rank, slowdown }) => {
      const attempt = attempts.get(rank);
      return attempt === undefined ? [] : [{ rank, attempt, slowdown }];
    });
  }

  /** Members of the last generation that the next one waits for. */
  #suspects(): Suspect[] {
    const waiting = this.#exchange?.waiting;
    if (waiting === undefined) return [];
    const reason = `the others wait for it${waiting.reason === '' ? '' : `: ${waiting.reason}`}`;
    return (this.#membership?.members ?? [])
      .filter(({ rank }) => waiting.ranks.includes(rank))
      .map(({ rank, attempt }) => ({ rank, attempt, reason, sinceMs: waiting.sinceMs }));
  }

  message(exitCode: ExitCode, reason: string, message: string): TerminationMessage {
    const { figures } = this;
    const { push, pull, barrier } = this.byteCounts();
    return {
      rank: this.#identity.rank,
      attempt: this.#identity.attempt,
      exitCode,
      reason,
      message,
      steps: this.#steps,
      epochs: Math.round(this.epochs * 1000) / 1000,
      ...(figures.loss !== undefined && { loss: figures.loss }),
      ...(this.#evaluation !== undefined && { testLoss: this.#evaluation.loss }),
      ...(this.#evaluation?.accuracy !== undefined && { testAccuracy: this.#evaluation.accuracy }),
      ...(figures.stepMs !== undefined && {
        stepMs: figures.stepMs,
        samplesPerSecond: figures.samplesPerSecond,
      }),
      ...(this.backend !== undefined && { backend: this.backend }),
      ...(this.codec !== undefined && { codec: familyOf(this.codec) }),
      ...(this.codecReason !== undefined && { codecReason: this.codecReason }),
      ...(this.#exchange !== undefined && { bytes: { push: { ...push }, pull: { ...pull }, barrier } }),
      ...(this.weightsHash !== undefined && { weightsHash: this.weightsHash }),
    };
  }
}
