import { runLocally } from '../operator/local/run-locally.ts';
import type { RunObserver } from '../operator/local/run-observer.ts';
import type { FinishedRun } from '../operator/local/run-result.ts';
import { formatLogLine } from '../operator/local/log-line.ts';
import type { CliContext } from './context.ts';
import type { JobFile } from './job-file.ts';
import { LiveLine } from './live-line.ts';
import { progressText } from './progress-text.ts';

export interface RunJobOptions {
  readonly port?: number | undefined;
  readonly logLevel: string;
  readonly keepTemp: boolean;
  readonly debug: boolean;
  /** Stands before the live line. Default: nothing. */
  readonly label?: string;
}

/** Runs a job on this computer and shows it on the way: log lines by rank, events, and one live line. */
export async function runJob(
  { job, baseDirectory }: JobFile,
  options: RunJobOptions,
  context: CliContext,
): Promise<FinishedRun> {
  const live = new LiveLine(context.terminal);
  const stop = new AbortController();
  const kill = new AbortController();
  const forget = context.onInterrupt((signal) => {
    if (stop.signal.aborted) {
      live.print('killing the workers');
      kill.abort();
      return;
    }
    live.print('stopping the workers; once more kills them');
    stop.abort(`interrupted by ${signal}`);
  });
  try {
    return await runLocally(
      job,
      {
        workerArguments: context.workerArguments(),
        baseDirectory,
        port: options.port,
        logLevel: options.logLevel,
        keepFolder: options.keepTemp,
        connect: context.connect,
      },
      observer(live, options),
      { stop: stop.signal, kill: kill.signal },
    );
  } finally {
    live.clear();
    forget();
  }
}

function observer(live: LiveLine, { keepTemp, debug, label }: RunJobOptions): RunObserver {
  const prefix = label === undefined ? '' : `${label}: `;
  return {
    onFolder: (path) => {
      if (keepTemp) live.print(`files of this run: ${path}`);
    },
    onLine: (rank, line) => live.print(formatLogLine(rank, line, { stacks: debug })),
    onEvent: ({ type, message }) => {
      // Its other lines stand in the worker's log above, and in the result below.
      const [firstLine = ''] = message.split('\n', 1);
      live.print(type === 'Warning' ? `warning: ${firstLine}` : `${prefix}${firstLine}`);
    },
    onProgress: (_, { summary = {} }) => live.show(`${prefix}${progressText(summary)}`),
  };
}
