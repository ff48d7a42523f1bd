import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { CheckpointSpec } from '../../crds/checkpoint.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { CheckpointWriter, type SaveOutcome } from '../checkpoint/checkpoint-writer.ts';
import type { CheckpointFacts } from '../checkpoint/facts.ts';
import { findNewest } from '../checkpoint/find-newest.ts';
import { loadCheckpoint } from '../checkpoint/load-checkpoint.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { prepareDirectory } from '../checkpoint/prepare-directory.ts';
import type { StateRegion, StateTensor } from '../checkpoint/state.ts';
import type { SamplerState } from '../data/sampler.ts';
import type { StepCodec } from '../step/coding.ts';
import { isDue } from './is-due.ts';

export interface CheckpointKeeperOptions {
  readonly spec: CheckpointSpec;
  /** Against which the paths of `spec` are resolved. */
  readonly baseDirectory: string;
  /** The entries of a checkpoint that do not change. */
  readonly job: Pick<
    CheckpointFacts,
    'jobUid' | 'jobName' | 'jobNamespace' | 'signature' | 'totalSteps' | 'backend'
  >;
  readonly tensors: readonly StateTensor[];
  readonly regions: readonly StateRegion[];
  readonly samplerStateAt: (step: number) => SamplerState;
  readonly log: Logger;
  readonly onOutcome: (outcome: SaveOutcome) => void;
}

/** Below the grace that rank 0 has between the request to stop and its end. */
const LAST_SAVE_PATIENCE_MS = 50_000;

/** Where training stands, of a state that lies in memory. */
export interface Standing {
  /** The next step to be done. */
  readonly step: number;
  readonly stateHash: string;
  readonly generation: number;
  /** What the workers have chosen to send gradients as, where it is theirs to choose. */
  readonly codec?: StepCodec | undefined;
}

/** Rank 0's checkpoints over the life of its process: what it starts from, when it saves, and the last save before it goes. */
export class CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  readonly #writer: CheckpointWriter;
  #lastStep = 0;
  #lastMs = performance.now();

  private constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
    this.#writer = new CheckpointWriter({
      directory: directoryOf(options),
      keep: options.spec.keep,
      state: options.tensors,
    });
  }

  /** @throws when the directory cannot be written to, with the reason. */
  static async open(options: CheckpointKeeperOptions): Promise<CheckpointKeeper> {
    await prepareDirectory(directoryOf(options));
    return new CheckpointKeeper(options);
  }

  /**
   * Puts the newest whole checkpoint of this job into memory, or that of another job where `resumeFrom` says so.
   * @returns where it stands; `undefined` when there is none, and then nothing has changed.
   * @throws when there are checkpoints and none of them can be used: training must not start from zero over them.
   */
  async resume(): Promise<Standing | undefined> {
    const { tensors, regions, log } = this.#options;
    const checkpoint = await this.#checkpointToResume();
    if (checkpoint === undefined) return undefined;
    await loadCheckpoint(checkpoint, tensors, regions);
    const { step, stateHash, generation, codec } = checkpoint.facts;
    this.#lastStep = step;
    log.info({ file: checkpoint.file, step }, 'resumed from a checkpoint');
    return { step, stateHash, generation, codec };
  }

  /** The state in memory is confirmed: copies it now, and writes it by and by, if one is due. */
  confirmed(standing: Standing): void {
    const { spec, job } = this.#options;
    const sinceMs = performance.now() - this.#lastMs;
    const { step } = standing;
    const due = step > this.#lastStep && isDue(spec, { step, sinceMs, totalSteps: job.totalSteps });
    if (due) void this.#save(standing);
  }

  /** Saves the state in memory and waits until it is durable. For when this process goes; a volume that hangs does not keep it. */
  async saveLast(standing: Standing): Promise<void> {
    await this.#withinPatience(async () => {
      await this.#writer.idle();
      if (standing.step > this.#lastStep) await this.#save(standing);
    });
  }

  /** Waits for the save that is being written, if there is one. */
  async close(): Promise<void> {
    await this.#withinPatience(() => this.#writer.idle());
  }

  async #withinPatience(work: () => Promise<void>): Promise<void> {
    const givenUp = new AbortController();
    const patience = sleep(LAST_SAVE_PATIENCE_MS, 'late', { signal: givenUp.signal, ref: false });
    const end = await Promise.race([work(), patience.catch(() => undefined)]);
    givenUp.abort();
    if (end === 'late') {
      const directory = directoryOf(this.#options);
      this.#options.log.warn(
        { directory },
        `no checkpoint within ${LAST_SAVE_PATIENCE_MS / 1000} s; does the volume hang?`,
      );
    }
  }

  async #save({ step, stateHash, generation, codec }: Standing): Promise<void> {
    const { job, regions, samplerStateAt, log, onOutcome } = this.#options;
    const facts = { ...job, ...samplerStateAt(step), step, stateHash, generation, codec };
    const before = this.#lastStep;
    this.#lastStep = step;
    this.#lastMs = performance.now();
    const outcome = await this.#writer.save(facts, regions);
    // A state that was not saved is due again at once; a later one may have been saved meanwhile.
    if (outcome.kind !== 'saved' && this.#lastStep === step) this.#lastStep = before;
    report(outcome, log);
    onOutcome(outcome);
  }

  async #checkpointToResume(): Promise<Checkpoint | undefined> {
    const { spec, baseDirectory, job, log } = this.#options;
    const found = await findNewest(directoryOf(this.#options), job);
    if (found.kind === 'found') {
      for (const { file, reason } of found.passedOver) {
        log.warn({ file, reason }, 'a checkpoint cannot be used; an older one is taken');
      }
      return found.checkpoint;
    }
    if (spec.resumeFrom === undefined) return undefined;
    return openCheckpoint(resolve(baseDirectory, spec.resumeFrom), { signature: job.signature });
  }
}

function directoryOf({
  baseDirectory,
  spec,
}: Pick<CheckpointKeeperOptions, 'baseDirectory' | 'spec'>): string {
  return resolve(baseDirectory, spec.directory);
}

function report(outcome: SaveOutcome, log: Logger): void {
  switch (outcome.kind) {
    case 'saved': {
      const { file, step, bytes, copyMs, writeMs, notRemoved } = outcome;
      log.info({ file, step, bytes, copyMs: round(copyMs), writeMs: round(writeMs) }, 'saved a checkpoint');
      for (const { file: old, reason } of notRemoved)
        log.warn({ file: old, reason }, 'an old checkpoint stays');
      return;
    }
    case 'skipped':
      log.warn(
        { step: outcome.step, writingStep: outcome.writingStep },
        'no checkpoint of this step: the one before is still being written; is the volume slow, or the interval short?',
      );
      return;
    case 'failed':
      log.warn({ step: outcome.step }, `training goes on without this checkpoint: ${outcome.error.message}`);
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}
