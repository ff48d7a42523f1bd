import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Registry } from 'prom-client';
import { EVERY_HOST } from '../wire/address.ts';

export interface ReadOnlyServerOptions {
  /** `*`: every address of the machine. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly registry: Registry;
  /** Ready to take part: the membership is formed. */
  readonly isReady: () => boolean;
}

export interface ReadOnlyServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * The only listener without authentication: probes and metrics, read-only, no user data.
 * It runs on the I/O thread, so a training step never makes a probe fail.
 */
export async function startReadOnlyServer(options: ReadOnlyServerOptions): Promise<ReadOnlyServer> {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.get('/healthz', (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  app.get('/readyz', (_request, response) => {
    const ready = options.isReady();
    response
      .status(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ok\n' : 'waiting for the members of the job\n');
  });
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

function listen(app: express.Express, { host, port }: ReadOnlyServerOptions): Promise<Server> {
  return new Promise((resolve, reject) => {
    const onListening = (error?: Error): void => {
      if (error === undefined) resolve(server);
      else
        reject(
          new Error(`cannot listen for probes and metrics on ${host}:${port}: ${error.message}`, {
            cause: error,
          }),
        );
    };
    const server = host === EVERY_HOST ? app.listen(port, onListening) : app.listen(port, host, onListening);
  });
}
