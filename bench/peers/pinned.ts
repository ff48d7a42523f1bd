import { spawn } from 'node:child_process';
import { cpus } from 'node:os';

/** One core for each worker, as far as there are enough: put this before a program. */
export function onCore(rank: number): string[] {
  return ['taskset', '--cpu-list', String(rank % cpus().length)];
}

/** Standard output of a program that must end with code 0. */
export function runPinned([command = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', TORCH_CPP_LOG_LEVEL: 'ERROR' };
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${args.join(' ')} ended with code ${code}`));
    });
  });
}
