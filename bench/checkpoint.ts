import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { CheckpointWriter } from '../trainer/checkpoint/checkpoint-writer.ts';
import { prepareDirectory } from '../trainer/checkpoint/prepare-directory.ts';
import { stateTensors, stateValues, type StateRegion } from '../trainer/checkpoint/state.ts';
import { planLayout } from '../trainer/ternary/layout.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatSpread, formatTable, median } from './table.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

export interface CheckpointBenchOptions {
  readonly output: 'table' | 'json';
  /** Trainable values of the model. Default 60,000,000. */
  readonly parameters: number;
  /** Saves, and plain copies and writes between them. Default 7. */
  readonly rounds: number;
  /** Where the files are written. Default: the folder for temporary files. */
  readonly directory?: string;
}

/** One round: what a save costs, and beside it the least that the same bytes can cost here. */
interface Round {
  /** One copy of the state to memory that was written to before. */
  readonly plainCopyMs: number;
  /** Until `save` returned: training stands still. */
  readonly saveReturnsMs: number;
  /** The longest that the event loop stood still while the file was written. */
  readonly eventLoopMs: number;
  /** The same while the plain file was written, when there is nothing to do for it: what other processes cause. */
  readonly plainEventLoopMs: number;
  /** Write and fsync of the same bytes to a new file. */
  readonly plainWriteMs: number;
  /** Of the save: checksums, write, fsync, rename, fsync of the directory. */
  readonly saveWriteMs: number;
}

/** Tensors of a mid-sized model: most of them small, most values in a few. */
const LARGEST_TENSOR = 4_000_000;
const SMALL_TENSOR = 1000;
const MEGA = 1e6;

/** A checkpoint of weights and momentum: how long training stands still, and how fast the file is written. */
export async function benchCheckpoint(options: CheckpointBenchOptions): Promise<void> {
  const { output, parameters, rounds } = options;
  const machine = describeMachine();
  await withTemporaryFolder(async (directory) => {
    const { bytes, results } = await measure(directory, parameters, rounds);
    if (output === 'json') {
      console.log(JSON.stringify({ machine, directory, parameters, bytes, rounds: results }));
      return;
    }
    console.log(machineLine(machine));
    console.log(
      `${parameters / MEGA} million parameters, weights and momentum: ${(bytes / MEGA).toFixed(0)} MB to ${directory}, ` +
        `median [least-most] of ${rounds}\n`,
    );
    console.log(tableOf(results, bytes));
  }, options.directory);
}

async function measure(
  directory: string,
  parameters: number,
  rounds: number,
): Promise<{ bytes: number; results: Round[] }> {
  const { state, regions } = exampleState(parameters);
  const bytes = stateValues(state) * Float32Array.BYTES_PER_ELEMENT;
  const plain = new Float32Array(stateValues(state)).fill(0);
  await prepareDirectory(directory);
  const writer = new CheckpointWriter({ directory, keep: 1, state });
  const results: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const written = await watchingLoop(() =>
      writePlainly(join(directory, 'plain'), new Uint8Array(plain.buffer)),
    );
    // Right before the save: both copies find the computer as busy.
    const plainCopyMs = timed(() => copyPlainly(regions, plain));
    results.push({
      plainCopyMs,
      plainWriteMs: written.result,
      plainEventLoopMs: written.eventLoopMs,
      ...(await save(writer, round, regions)),
    });
  }
  return { bytes, results };
}

async function save(
  writer: CheckpointWriter,
  step: number,
  regions: readonly StateRegion[],
): Promise<Pick<Round, 'saveReturnsMs' | 'eventLoopMs' | 'saveWriteMs'>> {
  const job = { jobUid: 'bench', jobName: 'bench', jobNamespace: 'bench', signature: '00', stateHash: '00' };
  const facts = { ...job, step, totalSteps: 1, epoch: 0, cursor: 0, generation: 1 };
  const beganMs = performance.now();
  const saving = writer.save(facts, regions);
  const saveReturnsMs = performance.now() - beganMs;
  const { result: outcome, eventLoopMs } = await watchingLoop(() => saving);
  if (outcome.kind !== 'saved') throw outcome.kind === 'failed' ? outcome.error : new Error(outcome.kind);
  return { saveReturnsMs, eventLoopMs, saveWriteMs: outcome.writeMs };
}

async function watchingLoop<T>(work: () => Promise<T>): Promise<{ result: T; eventLoopMs: number }> {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const result = await work();
  loop.disable();
  return { result, eventLoopMs: loop.max / MEGA };
}

function exampleState(parameters: number): {
  state: ReturnType<typeof stateTensors>;
  regions: StateRegion[];
} {
  const sizes: number[] = [];
  let left = parameters;
  while (left > 0) {
    const size = Math.min(left, sizes.length % 2 === 0 ? LARGEST_TENSOR : SMALL_TENSOR);
    sizes.push(size);
    left -= size;
  }
  const layout = planLayout(
    sizes.map((size, index) => ({ name: `tensor${index}`, shape: [size], size })),
    ({ size }) => size <= SMALL_TENSOR,
  );
  const kinds = ['weights', 'slot0'] as const;
  const regions = kinds.map((kind) => {
    const memory = new SharedArrayBuffer(layout.values * Float32Array.BYTES_PER_ELEMENT);
    return { kind, values: new Float32Array(memory).fill(0.5) };
  });
  return { state: stateTensors({ slots: layout.slots, nonTrainable: [] }, kinds), regions };
}

function copyPlainly(regions: readonly StateRegion[], into: Float32Array): void {
  let at = 0;
  for (const { values } of regions) {
    const length = Math.min(values.length, into.length - at);
    into.set(values.subarray(0, length), at);
    at += length;
  }
}

async function writePlainly(path: string, bytes: Uint8Array): Promise<number> {
  const beganMs = performance.now();
  const file = await open(path, 'wx');
  for (let at = 0; at < bytes.byteLength;) {
    at += (await file.write(bytes, at, bytes.byteLength - at, at)).bytesWritten;
  }
  await file.sync();
  const ms = performance.now() - beganMs;
  await file.close();
  await unlink(path);
  return ms;
}

function timed(work: () => void): number {
  const beganMs = performance.now();
  work();
  return performance.now() - beganMs;
}

function tableOf(results: readonly Round[], bytes: number): string {
  const of = (key: keyof Round): number[] => results.map((round) => round[key]);
  const beyondMs = results.map(({ saveReturnsMs, plainCopyMs }) => saveReturnsMs - plainCopyMs);
  const rates = (key: 'plainWriteMs' | 'saveWriteMs'): number[] =>
    of(key).map((ms) => bytes / MEGA / (ms / 1000));
  const share = (100 * median(rates('saveWriteMs'))) / median(rates('plainWriteMs'));
  return formatTable(
    ['what', 'figure'],
    [
      ['plain copy of the state, ms', formatSpread(of('plainCopyMs'))],
      ['save returns after, ms', formatSpread(of('saveReturnsMs'))],
      ['training pause beyond the copy, ms', formatSpread(beyondMs)],
      ['longest pause of the event loop in a save, ms', formatSpread(of('eventLoopMs'))],
      ['longest pause of the event loop in a plain write, ms', formatSpread(of('plainEventLoopMs'))],
      ['plain write and fsync, MB/s', formatSpread(rates('plainWriteMs'), 0)],
      ['save, MB/s', formatSpread(rates('saveWriteMs'), 0)],
      ['save against plain, % of the medians', share.toFixed(0)],
    ],
  );
}
