import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TernGradJob } from '../../crds/job.ts';
import { permutation } from '../../trainer/data/sampler.ts';
import { smallJob, type SpecChange } from '../local-run/small-job.ts';

export const RANKS = [0, 1, 2] as const;
/** More than any scene's rows take; the same for all, so that one undisturbed run serves them all. */
export const TOTAL_STEPS = 100;
/** A row begins at a step that this divides, and the job must have come to the next one to have survived it. */
export const STEPS_PER_ROW = 4;
/** Short, since a test waits it out, and long enough for a busy computer. */
export const PEER_LOSS_SECONDS = 6;
/** Covers the start of a replacement while the others wait in a batch. */
const STEP_DEADLINE_SECONDS = 120;
/** Small enough that each owner has several chunks. */
const CHUNK_VALUES = 80;
const BATCH_SIZE = 12;
const SEED = 1;

const program = fileURLToPath(new URL('./programs/paced.mjs', import.meta.url));

/** The job that all faults are done to: one epoch, so that the program can tell steps by their examples. */
export class PacedJob {
  readonly #folder = mkdtempSync(join(tmpdir(), 'paced-job-'));
  readonly #stepsOfExamples = join(this.#folder, 'steps.json');

  constructor() {
    const order = permutation(TOTAL_STEPS * BATCH_SIZE, SEED, 0);
    const steps = new Uint32Array(order.length);
    order.forEach((example, position) => (steps[example] = Math.floor(position / BATCH_SIZE)));
    writeFileSync(this.#stepsOfExamples, JSON.stringify([...steps]));
  }

  with(change: SpecChange = {}): TernGradJob {
    return smallJob({
      ...change,
      workers: { replicas: RANKS.length, backend: 'cpu' },
      program: {
        path: program,
        parameters: { stepsOfExamples: this.#stepsOfExamples, examples: TOTAL_STEPS * BATCH_SIZE },
      },
      training: {
        steps: TOTAL_STEPS,
        batchSize: BATCH_SIZE,
        seed: SEED,
        evaluation: { everySteps: STEPS_PER_ROW / 2 },
        ema: { decay: 0.9 },
      },
      exchange: {
        chunkValues: CHUNK_VALUES,
        peerLossSeconds: PEER_LOSS_SECONDS,
        stepDeadlineSeconds: STEP_DEADLINE_SECONDS,
      },
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
