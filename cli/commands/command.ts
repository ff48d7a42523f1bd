import { Option } from 'commander';

/** Where a command leaves its exit code. */
export interface CommandOutcome {
  exitCode: number;
}

export function jobFileOption(): Option {
  return new Option('-f, --file <file>', 'job file, YAML or JSON').makeOptionMandatory();
}

export function outputOption(): Option {
  return new Option('--output <format>', 'for humans, or one JSON object')
    .choices(['text', 'json'])
    .default('text');
}
