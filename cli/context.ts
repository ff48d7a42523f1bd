import type { ConnectProgress } from '../operator/local/progress-connection.ts';
import type { Terminal } from './terminal.ts';

/** What the commands need of their surroundings; tests bring their own. */
export interface CliContext {
  readonly terminal: Terminal;
  /** Node.js arguments that run one worker. */
  readonly workerArguments: () => readonly string[];
  readonly connect: ConnectProgress;
  /** Calls back at every Ctrl-C, SIGTERM or hang-up; returns how to stop listening. */
  readonly onInterrupt: (listener: (signal: string) => void) => () => void;
  /** Whether native TensorFlow works on this computer. */
  readonly nativeLoads: () => Promise<boolean>;
  readonly version: string;
}
