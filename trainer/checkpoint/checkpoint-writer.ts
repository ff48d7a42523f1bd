import { join } from 'node:path';
import type { Files } from '../safetensors/files.ts';
import { nodeFiles } from '../safetensors/node-files.ts';
import { writeAside } from '../safetensors/write-aside.ts';
import { writeSealed } from '../safetensors/write-sealed.ts';
import { CheckpointWriteError } from './errors.ts';
import { checkpointContents, type CheckpointFacts } from './facts.ts';
import { checkpointName } from './file-name.ts';
import { retainNewest, type Retained } from './retention.ts';
import { gatherState, stateValues, type StateRegion, type StateTensor } from './state.ts';

export interface CheckpointWriterOptions {
  /** One that `prepareDirectory` has seen. */
  readonly directory: string;
  /** Newest checkpoints that stay. While the next one is written there is one more, so the volume must hold `keep + 1`. */
  readonly keep: number;
  readonly state: readonly StateTensor[];
  /** Default: the file system of this computer. */
  readonly files?: Files;
  /** Default: `performance.now`. */
  readonly nowMs?: () => number;
}

export type SaveOutcome =
  | ({
      readonly kind: 'saved';
      readonly step: number;
      readonly file: string;
      readonly bytes: number;
      /** How long training stood still. */
      readonly copyMs: number;
      /** Until the file was durable, from when the copy was made. */
      readonly writeMs: number;
    } & Retained)
  /** Nothing was copied: the save of `writingStep` was not done yet. */
  | { readonly kind: 'skipped'; readonly step: number; readonly writingStep: number }
  | { readonly kind: 'failed'; readonly step: number; readonly error: CheckpointWriteError };

/**
 * Saves states while training goes on: a save copies the state, and the copy is written by and by. One at a time: a
 * save that comes while another is written is skipped, and says so, because the next one is newer than it would be.
 * Holds memory for one copy of the state for as long as it lives.
 */
export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions;
  readonly #files: Files;
  readonly #nowMs: () => number;
  readonly #copy: Float32Array;
  #writing: { readonly step: number; readonly outcome: Promise<SaveOutcome> } | undefined;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
    this.#files = options.files ?? nodeFiles;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    // Written to once, so that the first save does not wait for the kernel to find 100,000 pages.
    this.#copy = new Float32Array(stateValues(options.state)).fill(0);
  }

  /**
   * Never rejects for what a disk can do: a failure is an outcome, and training goes on.
   * @param regions copied before this returns; may change as soon as it has returned.
   */
  save(facts: CheckpointFacts, regions: readonly StateRegion[]): Promise<SaveOutcome> {
    const { step } = facts;
    if (this.#writing !== undefined) {
      return Promise.resolve({ kind: 'skipped', step, writingStep: this.#writing.step });
    }
    const beganMs = this.#nowMs();
    gatherState(this.#options.state, regions, this.#copy);
    const copiedMs = this.#nowMs();
    const outcome = this.#write(facts, copiedMs - beganMs, copiedMs).finally(() => {
      this.#writing = undefined;
    });
    this.#writing = { step, outcome };
    return outcome;
  }

  /** Resolves when nothing is being written. Comes before a save that must not be skipped. */
  async idle(): Promise<void> {
    await this.#writing?.outcome;
  }

  async #write(facts: CheckpointFacts, copyMs: number, copiedMs: number): Promise<SaveOutcome> {
    const { directory, keep, state } = this.#options;
    const { step, jobUid } = facts;
    const file = join(directory, checkpointName(step));
    const data = new Uint8Array(this.#copy.buffer);
    try {
      let bytes = 0;
      await writeAside(this.#files, file, async (aside) => {
        bytes = await writeSealed(aside, checkpointContents(facts, state), data);
      });
      const writeMs = this.#nowMs() - copiedMs;
      const retained = await retainNewest(directory, { keep, jobUid, newestStep: step }, this.#files);
      return { kind: 'saved', step, file, bytes, copyMs, writeMs, ...retained };
    } catch (cause) {
      return { kind: 'failed', step, error: new CheckpointWriteError(file, cause) };
    }
  }
}
