import { z } from 'zod';
import { WorkerEnvironment } from '../crds/index.ts';

/** Who this process is and where its files lie, as its launcher says. */
export interface WorkerIdentity {
  readonly jobFile: string;
  readonly jobName: string;
  readonly jobNamespace: string;
  readonly jobUid: string;
  readonly rank: number;
  /** A newer attempt of a rank fences the older. */
  readonly attempt: number;
  readonly coordinatorAddress: string;
  readonly advertiseHost: string;
  readonly listenAddress: string;
  readonly httpAddress: string;
  /** Absent when the job runs without TLS. */
  readonly certificateDirectory: string | undefined;
  readonly terminationMessageFile: string | undefined;
  readonly baseDirectory: string;
  readonly logLevel: string;
}

/** The launcher set a variable wrongly, or not at all. */
export class InvalidEnvironmentError extends Error {
  readonly code = 'INVALID_ENVIRONMENT';
  override readonly name = 'InvalidEnvironmentError';
}

const text = z.string().min(1);
const address = z.string().regex(/^\[?[^\s\]]+\]?:\d{1,5}$/, 'expected host:port');
const names = WorkerEnvironment;

const environmentSchema = z.object({
  [names.jobFile]: text,
  [names.jobName]: text,
  [names.jobNamespace]: text.default('default'),
  [names.jobUid]: text,
  [names.rank]: z.coerce.number().int().nonnegative(),
  [names.attempt]: z.coerce.number().int().positive(),
  [names.coordinatorAddress]: address,
  [names.advertiseHost]: text,
  [names.listenAddress]: address,
  [names.httpAddress]: address.default('*:8080'),
  [names.certificateDirectory]: text.optional(),
  [names.terminationMessageFile]: text.optional(),
  [names.baseDirectory]: text.default('.'),
  [names.logLevel]: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** Reads the identity from `environment` (normally `process.env`); names every variable that is missing or wrong. */
export function readIdentity(environment: Readonly<Record<string, string | undefined>>): WorkerIdentity {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `  ${name}=${JSON.stringify(environment[name] ?? '')}: ${issue.message}`;
    });
    throw new InvalidEnvironmentError(
      `the worker's environment is wrong; it is written by the operator or by \`terngrad run\`:\n${lines.join('\n')}`,
    );
  }
  const value = parsed.data;
  return {
    jobFile: value[names.jobFile],
    jobName: value[names.jobName],
    jobNamespace: value[names.jobNamespace],
    jobUid: value[names.jobUid],
    rank: value[names.rank],
    attempt: value[names.attempt],
    coordinatorAddress: value[names.coordinatorAddress],
    advertiseHost: value[names.advertiseHost],
    listenAddress: value[names.listenAddress],
    httpAddress: value[names.httpAddress],
    certificateDirectory: value[names.certificateDirectory],
    terminationMessageFile: value[names.terminationMessageFile],
    baseDirectory: value[names.baseDirectory],
    logLevel: value[names.logLevel],
  };
}
