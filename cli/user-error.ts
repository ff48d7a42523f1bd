import { ExitCode } from '../crds/exit-codes.ts';

/** The command was used wrongly, or a file it needs is not there. The message says what, where and what to do. */
export class UserError extends Error {
  readonly code = 'USER_ERROR';
  readonly exitCode = ExitCode.badConfiguration;
  override readonly name = 'UserError';
}
