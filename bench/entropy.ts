import { createChunkCounter, type ChunkCounter } from './entropy-chunks.ts';
import { recordedGradients } from './entropy-lenet.ts';
import { describeMachine, machineLine } from './machine.ts';
import { formatSpread, formatTable } from './table.ts';

/** 16.8 MB of float32 in one tensor, in chunks as the trainer cuts them. */
const VALUES = 4_194_240;
const REPEATS = 7;
const DENSITIES = [0.32, 0.16, 0.05];
const MEMBERS = [2, 4, 8];

type Measured = ReturnType<ChunkCounter['measure']>;

export interface EntropyOptions {
  readonly output: 'table' | 'json';
  /** Steps of a LeNet training whose gradients are coded, comma separated; empty: none. */
  readonly lenetSteps: string;
  readonly backend: string;
}

/** Entropy coding of pushes and sums: bits per value against the entropy, and GB/s of float32 gradient. */
export async function benchEntropy(options: EntropyOptions): Promise<void> {
  const machine = describeMachine();
  const uniform: ({ readonly members: number } & Measured)[] = [];
  for (const members of MEMBERS) {
    const counter = await createChunkCounter([VALUES], members);
    for (const density of DENSITIES) {
      counter.fillUniform(density);
      uniform.push({ members, ...counter.measure(REPEATS) });
    }
  }
  const gaussian: ({ readonly members: number } & Measured)[] = [];
  for (const members of MEMBERS) {
    const counter = await createChunkCounter([VALUES], members);
    counter.fillGaussian();
    gaussian.push({ members, ...counter.measure(0) });
  }
  const steps = options.lenetSteps.split(',').filter(Boolean).map(Number);
  const lenet = steps.length === 0 ? [] : await recordedGradients(steps, options.backend);
  if (options.output === 'json') {
    console.log(JSON.stringify({ machine, uniform, gaussian, lenet }));
    return;
  }
  console.log(machineLine(machine));
  console.log('\nbits per value, and GB/s of float32 gradient on one thread: median [least-most]; 16.8 MB\n');
  const bits = (...values: readonly number[]): string[] => values.map((value) => value.toFixed(3));
  console.log(
    formatTable(
      ['workers', 'not zero', 'payload', 'plain', 'coded', 'entropy', 'code', 'decode'],
      uniform.flatMap(({ members, density, push, pull }) =>
        (members === MEMBERS[0]
          ? ([
              ['push', push],
              ['sum', pull],
            ] as const)
          : ([['sum', pull]] as const)
        ).map(([name, figures]) => [
          String(members),
          density.toFixed(3),
          name,
          ...bits(figures.plainBits, figures.codedBits, figures.entropyBits),
          formatSpread(figures.codeRates),
          formatSpread(figures.decodeRates),
        ]),
      ),
    ),
  );
  console.log('\nGaussian gradients, clip 2.5; ratio: float32 over payloads, both ways\n');
  const row = ({ push, pull }: (typeof gaussian)[number]): string[] => [
    ...bits(push.plainBits, push.codedBits, pull.plainBits, pull.codedBits),
    ...[64 / (push.plainBits + pull.plainBits), 64 / (push.codedBits + pull.codedBits)].map(
      (ratio) => `${ratio.toFixed(2)}x`,
    ),
  ];
  const columns = ['push plain', 'push coded', 'sum plain', 'sum coded', 'ratio plain', 'ratio coded'];
  console.log(
    formatTable(
      ['workers', ...columns],
      gaussian.map((of) => [String(of.members), ...row(of)]),
    ),
  );
  if (lenet.length === 0) return;
  console.log(
    '\nLeNet on MNIST, 2 workers of 32 examples, clip 2.5: gradients of these steps, ternarized tensors\n',
  );
  console.log(
    formatTable(
      ['step', 'not zero', ...columns],
      lenet.map((of) => [String(of.step), of.density.toFixed(3), ...row({ members: 2, ...of })]),
    ),
  );
}
