import { z } from 'zod';
import { withFirstFrame } from './first-frame.ts';

/** pino's levels, which the workers write. */
const levelNames: ReadonlyMap<number, string> = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

const pinoLineSchema = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().default('') });

/** Fields that say what the prefix says already, or that are the same in every line of a run. */
const silentFields: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'pid',
  'hostname',
  'rank',
  'attempt',
  'job',
  'jobName',
  'jobUid',
  'namespace',
]);

/**
 * One line of a worker for humans: `[0] 10:15:30 info  formed  generation=1 members=2`.
 * Stacks are shown in full only with `stacks`: a user can mend most errors without.
 * A line that is no JSON (a program's console.log, a library's warning) is passed on as it is.
 */
export function formatLogLine(rank: number, line: string, { stacks }: { readonly stacks: boolean }): string {
  const parsed = pinoLineSchema.safeParse(parseJson(line));
  if (!parsed.success) return `[${rank}] ${line}`;
  const { level, time, msg } = parsed.data;
  const fields = Object.entries(parsed.data)
    .filter(([name]) => !silentFields.has(name) && (stacks || name !== 'stack'))
    .map(
      ([name, value]) =>
        `${name}=${fieldText(stacks || typeof value !== 'string' ? value : withFirstFrame(value))}`,
    );
  const clock = new Date(time).toISOString().slice(11, 19);
  const levelName = (levelNames.get(level) ?? String(level)).padEnd(5);
  return [
    `[${rank}] ${clock} ${levelName} ${stacks ? msg : withFirstFrame(msg)}`,
    ...(fields.length > 0 ? [fields.join(' ')] : []),
  ].join('  ');
}

function fieldText(value: unknown): string {
  // Six digits are enough to read; the exact figure is in the final message.
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  if (typeof value === 'string' && !/[\s"=]/.test(value) && value !== '') return value;
  return JSON.stringify(value);
}

function parseJson(line: string): unknown {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
