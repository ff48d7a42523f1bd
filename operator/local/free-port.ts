import { randomInt } from 'node:crypto';
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
 * Below the ports that Linux and macOS give to whoever connects: a worker that knocks while rank 0 is away, or any other
 * program, could be given such a port itself, and rank 0 would not get it (back).
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;
const TRIES = 100;

/**
 * A port on which rank 0 can listen: the wished one, or a free one.
 * It is released before the worker takes it; a worker that loses that race ends with exit code 64.
 * @throws PortTakenError when the wished port is in use or not allowed.
 */
export async function portForRank0(wishedPort = 0): Promise<number> {
  for (let left = TRIES; ; left -= 1) {
    const port = wishedPort === 0 ? randomInt(FIRST_PORT, LAST_PORT + 1) : wishedPort;
    try {
      await listenOnce(port);
      return port;
    } catch (error) {
      if (wishedPort !== 0 || left === 0) throw new PortTakenError(port, error);
    }
  }
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, LOOPBACK, resolve);
    });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
