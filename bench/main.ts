import { Command, Option } from 'commander';
import { benchAccuracy } from './accuracy.ts';
import { benchCheckpoint } from './checkpoint.ts';
import { benchCodec } from './codec.ts';
import { benchCompute } from './compute.ts';
import { benchEntropy } from './entropy.ts';
import { benchExchange } from './exchange.ts';
import { benchExchangeLocal } from './exchange-local.ts';
import { benchJoin } from './join.ts';
import { benchPeers } from './peers/race.ts';
import { benchTrain } from './peers/train.ts';
import { benchPredict } from './predict.ts';
import { benchRecovery } from './recovery.ts';
import { benchStateTransfer } from './state-transfer.ts';
import { benchStep } from './step.ts';
import { CODEC_NAMES } from './wire-settings.ts';

/** `npm run bench -- NAME [--output json]`: each prints its table with machine, versions and load. */
const output = (): Option =>
  new Option('--output <format>', 'table or json').choices(['table', 'json']).default('table');
const integer = (text: string): number => Number.parseInt(text, 10);

const program = new Command('bench').description(
  'The measurements behind docs/benchmarks.md; several names run one after the other, with their defaults',
);

program
  .command('codec')
  .description('every kernel, plain TypeScript against SIMD, by gradient size')
  .addOption(output())
  .action(benchCodec);

program
  .command('entropy')
  .description('entropy coding of pushes and sums: bits per value against the entropy, and speed')
  .option(
    '--lenet-steps <steps>',
    'code the gradients of a LeNet at these steps; empty: of none',
    '50,200,500',
  )
  .option('--backend <name>', 'compute backend of the LeNet', 'auto')
  .addOption(output())
  .action(benchEntropy);

program
  .command('compute')
  .description('step time of each backend, one thread; native with and without oneDNN; PyTorch beside it')
  .option('--backends <names>', 'backends, comma separated', 'native,wasm,cpu')
  .option('--steps <count>', 'measured steps of each process, at most', integer, 56)
  .option('--rounds <count>', 'processes of each case, in turn', integer, 1)
  .option('--no-peers', 'without PyTorch')
  .option('--raced <names>', 'models of the race with PyTorch, comma separated', 'lenet,cifarnet,mlp')
  .addOption(output())
  .action(benchCompute);

program
  .command('step')
  .description(
    'LeNet between worker processes over loopback with TLS: time by phase, and what a step costs beyond compute',
  )
  .option('--workers <count>', 'worker processes', integer, 2)
  .option('--steps <count>', 'steps of each run', integer, 300)
  .option('--codecs <names>', 'codecs, comma separated', 'ternary,float32,float16')
  .option('--backend <name>', 'compute backend', 'auto')
  .addOption(output())
  .action(benchStep);

program
  .command('exchange-local')
  .description('barrier and exchange alone, without a model, between processes over loopback')
  .option('--workers <count>', 'processes', integer, 2)
  .option('--steps <count>', 'steps of each run', integer, 300)
  .addOption(output())
  .action(benchExchangeLocal);

program
  .command('peers')
  .description(
    'PyTorch DDP on the same links: float32, bf16 and fp16 hooks, PowerSGD (needs root, fetches PyTorch once)',
  )
  .option('--rates <rates>', 'as tc takes them, comma separated; none: not limited', '100mbit,1gbit,10gbit')
  .option('--sizes <sizes>', 'sizes of the float32 gradient, comma separated', '4MB,60MB')
  .option('--workers <count>', 'worker processes, each on one core', integer, 2)
  .option('--variants <names>', 'comma separated', 'float32,bf16,fp16,powersgd-1,powersgd-2,powersgd-4')
  .option('--seconds <count>', 'about how long each cell is measured', Number, 6)
  .addOption(output())
  .action(benchPeers);

program
  .command('train')
  .description(
    'step time and time to accuracy against PyTorch DDP on the same links (needs root, native, PyTorch)',
  )
  .addOption(new Option('--model <name>', 'what is trained').choices(['lenet', 'cifarnet']).default('lenet'))
  .option('--workers <count>', 'worker processes, each on one core', integer, 2)
  .option('--rates <rates>', 'as tc takes them, comma separated; none: not limited', '100mbit,1gbit')
  .option('--codecs <names>', 'our codecs, comma separated', 'ternary,ternary-overlap,float32')
  .option('--variants <names>', "PyTorch's, comma separated", 'float32,bf16,fp16,powersgd-1,powersgd-2')
  .option('--seeds <numbers>', 'of runs to the target, comma separated; empty: step time only', '1,2,3,4,5')
  .option('--target <fraction>', 'test accuracy', Number, 0.98)
  .option('--every <steps>', 'steps between evaluations', integer, 25)
  .option('--steps <count>', 'most steps of a run to the target', integer, 938)
  .option('--timed <count>', 'steps of a run of ours that measures their time', integer, 600)
  .addOption(output())
  .action(benchTrain);

program
  .command('exchange')
  .description('the exchange without a model, between workers on links of limited rate (needs root)')
  .option('--rate <rates>', 'as tc takes them, comma separated; none: not limited', '100mbit,1gbit,10gbit')
  .option('--sizes <sizes>', 'sizes of the float32 gradient, comma separated', '4MB,60MB')
  .option('--workers <count>', 'worker processes, each on one core', integer, 2)
  .option('--codecs <names>', `${CODEC_NAMES.join(', ')}; comma separated`, 'float32,ternary,ternary-entropy')
  .addOption(new Option('--tls <state>', 'mutual TLS').choices(['on', 'off']).default('on'))
  .option('--optimizer <name>', 'optimizer of the update', 'sgd')
  .option('--steps <count>', 'measured steps of every cell (default: fewer for larger gradients)', integer)
  .addOption(output())
  .action(benchExchange);

program
  .command('checkpoint')
  .description('a checkpoint against a plain copy and a plain write: training pause, and rate of the disk')
  .option('--parameters <count>', 'trainable values of the model', integer, 60_000_000)
  .option('--rounds <count>', 'saves', integer, 7)
  .option('--directory <path>', 'where to write (default: the folder for temporary files)')
  .addOption(output())
  .action(benchCheckpoint);

program
  .command('predict')
  .description(
    'the model of `terngrad predict` against steps that `exchange` measures (needs root, or --cells)',
  )
  .option('--rates <rates>', 'as tc takes them, comma separated', '100mbit,1gbit,10gbit')
  .option('--sizes <sizes>', 'of the float32 gradient, comma separated', '0.4MB,4MB,60MB')
  .option('--codecs <names>', 'codecs, comma separated', 'ternary,float16,float32')
  .option('--workers <count>', 'worker processes', integer, 2)
  .option('--cells <file>', 'what `exchange --output json` printed, instead of measuring now')
  .addOption(output())
  .action(benchPredict);

program
  .command('join')
  .description('what a worker that joins or leaves costs those who train: the step across the border')
  .option('--rounds <count>', 'how often', integer, 5)
  .option('--backend <name>', 'compute backend', 'native')
  .addOption(output())
  .action(benchJoin);

program
  .command('recovery')
  .description('how long training pauses when a worker is killed and replaced')
  .option('--workers <count>', 'worker processes', integer, 2)
  .option('--rounds <count>', 'times that each is killed', integer, 5)
  .option('--backend <name>', 'compute backend', 'auto')
  .addOption(output())
  .action(benchRecovery);

program
  .command('state-transfer')
  .description('how fast a joiner gets the state of a peer over a link of limited rate (needs root)')
  .option('--rates <rates>', 'as tc takes them, comma separated; none: not limited', '100mbit,1gbit,none')
  .option('--sizes <megabytes>', 'sizes of the state, comma separated', '10,480')
  .option('--rounds <count>', 'formations of each case', integer, 3)
  .addOption(output())
  .action(benchStateTransfer);

program
  .command('accuracy')
  .description('LeNet on MNIST to 10,000 steps by seed and codec: test accuracy')
  .option('--workers <count>', 'worker processes', integer, 4)
  .option('--steps <count>', 'steps of each run', integer, 10_000)
  .option('--seeds <numbers>', 'seeds, comma separated', '1,2,3')
  .option('--codecs <names>', 'codecs, comma separated', 'ternary,float32')
  .addOption(output())
  .action(benchAccuracy);

/** `exchange peers train`: several measurements, each as it is by itself. */
const names = process.argv.slice(2);
const known = new Set(program.commands.map((command) => command.name()));
if (names.length > 1 && names.every((name) => known.has(name))) {
  for (const name of names) {
    console.log(`\n== ${name}`);
    await program.parseAsync([name], { from: 'user' });
  }
} else {
  await program.parseAsync();
}
