import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';

/**
 * Waits for the end of standard input, which comes when this process closes it and when this process dies, however it
 * dies; then kills the program. `wait` is interrupted neither by the reader nor by Ctrl-C, which goes to another session.
 */
const GUARD = `
exec 3<&0
"$@" </dev/null 3<&- & program=$!
{ read -r _ <&3; kill -KILL $program; } 2>/dev/null & reader=$!
wait $program; code=$?
kill $reader 2>/dev/null
[ -z "$REMOVE_AT_END" ] || rm -rf "$REMOVE_AT_END"
exit $code`;

export interface GuardedProcess {
  /** Undefined while it runs; then its exit code. */
  readonly exitCode: number | null;
  /** The end of what it wrote, for messages. */
  lastWords(): string;
  /** Kills it, and waits until it is gone. */
  kill(): Promise<void>;
}

export interface GuardOptions {
  /** Where its output goes. */
  readonly logFile: string;
  /** A folder that goes with it. */
  readonly removeAtEnd?: string;
  /** Beside this process's own variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts a program that ends with this process, even if this process is killed and can clean up nothing. */
export function startGuarded(
  command: string,
  parameters: readonly string[],
  { logFile, removeAtEnd = '', environment = {} }: GuardOptions,
): GuardedProcess {
  const log = openSync(logFile, 'a');
  const guard = spawn('sh', ['-c', GUARD, 'guard', command, ...parameters], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...process.env, ...environment, REMOVE_AT_END: removeAtEnd },
  });
  closeSync(log);
  return {
    get exitCode() {
      return guard.exitCode;
    },
    lastWords: () => readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n'),
    async kill() {
      if (guard.exitCode !== null) return;
      const exited = once(guard, 'exit');
      guard.stdin?.end();
      await exited;
    },
  };
}
