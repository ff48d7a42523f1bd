import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Registry } from 'prom-client';
import type { HostPort } from '../trainer/wire/address.ts';
import { EVERY_HOST, formatAddress } from '../trainer/wire/address.ts';

export interface ReadOnlyServerOptions {
  /** Host `*`: every address of the machine. Port 0 takes a free one. */
  readonly address: HostPort;
  /** The flag or variable that the address comes from, for the error. */
  readonly addressSource: string;
  readonly registry: Registry;
  /** What is wrong with the process, for which a restart is the remedy; `undefined` when nothing is. */
  readonly sickness: () => string | undefined;
  /** What it still waits for before it can do its work; `undefined` when it is ready. */
  readonly waitsFor: () => string | undefined;
}

export interface ReadOnlyServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The address of the probes is taken or is none of this machine's. */
class HttpAddressError extends Error {
  readonly code = 'HTTP_ADDRESS';

  constructor({ address, addressSource }: ReadOnlyServerOptions, cause: Error) {
    super(
      `${addressSource} ${formatAddress(address)}: ${cause.message}; name a free address of this machine`,
      {
        cause,
      },
    );
    this.name = 'HttpAddressError';
  }
}

/**
 * The only listener of a process without authentication: probes and metrics, read-only, no user data. It answers as long
 * as the event loop of its thread turns. Rejects with HttpAddressError.
 */
export async function startReadOnlyServer(options: ReadOnlyServerOptions): Promise<ReadOnlyServer> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  const probe = (path: string, trouble: () => string | undefined): void => {
    app.get(path, (_request, response) => {
      const what = trouble();
      response
        .status(what === undefined ? 200 : 503)
        .type('text/plain')
        .send(`${what ?? 'ok'}\n`);
    });
  };
  probe('/healthz', options.sickness);
  probe('/readyz', options.waitsFor);
  app.get('/metrics', async (_request, response) => {
    response.type(options.registry.contentType).send(await options.registry.metrics());
  });
  const server = await listen(app, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(app: express.Express, options: ReadOnlyServerOptions): Promise<Server> {
  const { host, port } = options.address;
  return new Promise((resolve, reject) => {
    const onListening = (error?: Error): void => {
      if (error === undefined) resolve(server);
      else reject(new HttpAddressError(options, error));
    };
    const server = host === EVERY_HOST ? app.listen(port, onListening) : app.listen(port, host, onListening);
  });
}
