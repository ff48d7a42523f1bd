import { spawnSync } from 'node:child_process';

/** Writes every generated file anew, or with `--check` fails when a committed one is not what would be written. */
const generators = [
  'crds/generate.ts',
  'monitoring/generate.ts',
  'scripts/generate-golden.ts',
  'scripts/build-gradient-kernels.ts',
];

for (const generator of generators) {
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', generator, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
