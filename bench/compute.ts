import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BackendName } from '../trainer/compute/backend.ts';
import { nativeEnvironment } from '../trainer/compute/native-environment.ts';
import type { ComputeFigures } from './compute-step.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatSpread, formatTable } from './table.ts';

const BACKENDS: readonly BackendName[] = ['native', 'wasm', 'cpu'];
const MODELS = ['lenet', 'mlp'] as const;
const BATCHES = [64, 32] as const;

type Row =
  | ComputeFigures
  | { readonly backend: string; readonly model: string; readonly batch: number; readonly error: string };

/** A training step of LeNet and of the MLP on each backend, one thread: gradient, its export, and import of weights. */
export async function benchCompute({ output }: { readonly output: 'table' | 'json' }): Promise<void> {
  const machine = describeMachine();
  const rows: Row[] = [];
  for (const model of MODELS) {
    for (const backend of BACKENDS) {
      // A LeNet step takes the cpu backend a minute or two: it is there to check the others, not to train.
      if (backend === 'cpu' && model === 'lenet') continue;
      for (const batch of BATCHES) rows.push(await measure(backend, model, batch));
    }
  }
  if (output === 'json') {
    console.log(JSON.stringify({ machine, rows }));
    return;
  }
  console.log(machineLine(machine));
  console.log('one thread; median [min-max] over the steps, ms\n');
  console.log(
    formatTable(['model', 'batch', 'backend', 'gradient', 'export', 'import', 'steps'], rows.map(cells)),
  );
}

/** In a process of its own: TensorFlow reads its environment once, and no backend shall find another's memory in use. */
async function measure(backend: BackendName, model: 'lenet' | 'mlp', batch: number): Promise<Row> {
  const script = fileURLToPath(new URL('./compute-step.ts', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', script, backend, model, String(batch)],
      { env: { ...process.env, ...nativeEnvironment(1) } },
    );
    return JSON.parse(stdout) as ComputeFigures;
  } catch (error) {
    const reason = /cannot be opened: ([^\n]*)/.exec(String(error))?.[1];
    return { backend, model, batch, error: reason ?? String(error) };
  }
}

function cells(row: Row): string[] {
  const start = [row.model, String(row.batch), row.backend];
  if ('error' in row) return [...start, row.error];
  return [
    ...start,
    formatSpread(row.gradientMs),
    formatSpread(row.exportMs, 2),
    formatSpread(row.importMs, 2),
    String(row.gradientMs.length),
  ];
}
