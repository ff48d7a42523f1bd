import { openBackend } from '../backend.ts';
import type { BackendName } from '../backend.ts';
import { readIntoSharedMemory, tensorsLeftOfPass, weightsFromSharedMemory } from './held-memory.ts';
import type { ReadInto } from './held-memory.ts';
import { LAYER_CASES } from './layer-cases.ts';
import { OP_CASES } from './op-cases.ts';
import { runGradientCase, runLayerCase } from './run-cases.ts';
import type { CaseResult } from './run-cases.ts';
import { trainManySteps } from './train-many-steps.ts';
import type { TensorUse } from './train-many-steps.ts';

/** What one backend computed, as the JSON on standard output. */
export interface ParityReport {
  readonly description: string;
  readonly results: Record<string, CaseResult>;
  readonly tensorUse: readonly TensorUse[];
  /** See held-memory.ts. */
  readonly importedWeights: readonly number[][];
  readonly tensorsLeft: number;
  readonly readInto: readonly ReadInto[] | undefined;
}

/**
 * Computes every case on the backend named by the first argument. A process of its own: TensorFlow reads its environment
 * once, and a test runner's sandbox has typed arrays of its own, which native code does not recognize.
 */
async function main(name: BackendName, steps: number): Promise<void> {
  const { backend } = await openBackend(name, { threads: 1 });
  const { tf, description } = backend;
  const results: Record<string, CaseResult> = {};
  for (const test of OP_CASES) results[test.name] = within(() => runGradientCase(tf, test));
  for (const test of LAYER_CASES) results[`layer ${test.name}`] = within(() => runLayerCase(tf, test));
  const report: ParityReport = {
    description,
    results,
    tensorUse: trainManySteps(tf, steps),
    importedWeights: weightsFromSharedMemory(backend),
    tensorsLeft: tensorsLeftOfPass(backend),
    readInto: readIntoSharedMemory(backend),
  };
  process.stdout.write(JSON.stringify(report));

  function within(run: () => CaseResult): CaseResult {
    tf.engine().startScope();
    try {
      return run();
    } finally {
      tf.engine().endScope();
    }
  }
}

const [name, steps] = process.argv.slice(2);
if (name !== 'native' && name !== 'wasm' && name !== 'cpu') throw new RangeError(`no backend '${name}'`);
await main(name, Number(steps ?? 0));
