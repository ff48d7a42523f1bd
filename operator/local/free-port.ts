import { createServer } from 'node:net';
import { ExitCode } from '../../crds/exit-codes.ts';
import { systemErrorCode } from './system-error.ts';

/** Everything of a local run stays on this computer. */
export const LOOPBACK = '127.0.0.1';

class PortTakenError extends Error {
  readonly code = 'PORT_TAKEN';
  readonly exitCode = ExitCode.badConfiguration;
  override readonly name = 'PortTakenError';
  readonly port: number;

  constructor(port: number, cause: unknown) {
    const why = systemErrorCode(cause) ?? String(cause);
    super(
      `port ${port} on ${LOOPBACK} cannot be used for rank 0 (${why}); choose another with --port, or leave --port out to take a free one`,
      { cause },
    );
    this.port = port;
  }
}

/**
 * A port on which rank 0 can listen: the wished one, or a free one.
 * It is released before the worker takes it; a worker that loses that race ends with exit code 64.
 * @throws PortTakenError when the wished port is in use or not allowed.
 */
export async function portForRank0(wishedPort = 0): Promise<number> {
  const server = createServer();
  try {
    return await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(wishedPort, LOOPBACK, () => {
        const address = server.address();
        resolve(address !== null && typeof address === 'object' ? address.port : wishedPort);
      });
    });
  } catch (error) {
    throw new PortTakenError(wishedPort, error);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
