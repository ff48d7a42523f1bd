import type { Problem } from './problem.ts';

const MAX_VALUE_CHARACTERS = 60;

/** A file or object is not a valid TernGradJob. The message lists every problem, one indented block each. */
export class InvalidJobError extends Error {
  override readonly name = 'InvalidJobError';
  readonly code = 'INVALID_JOB';
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    super(render(file, problems), options);
    this.file = file;
    this.problems = problems;
  }
}

function render(file: string, problems: readonly Problem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const blocks = problems.map((problem) => renderProblem(file, problem));
  return [`${file} is not a valid TernGradJob: ${count}`, ...blocks].join('\n\n');
}

function renderProblem(file: string, { path, value, message, line, column }: Problem): string {
  const position = line === undefined ? file : `${file}:${line}:${column}`;
  const lines = [path === '' ? `  ${position}` : `  ${path} (${position})`];
  if (path !== '') lines.push(`    ${value === undefined ? 'is missing' : `is ${shown(value)}`}`);
  lines.push(`    ${message}`);
  return lines.join('\n');
}

function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  const text = JSON.stringify(value);
  return text.length <= MAX_VALUE_CHARACTERS ? text : `${text.slice(0, MAX_VALUE_CHARACTERS - 3)}...`;
}
