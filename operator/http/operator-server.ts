import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Registry } from 'prom-client';
import type { HostPort } from '../../trainer/wire/address.ts';
import { formatAddress } from '../../trainer/wire/address.ts';

export interface OperatorServerOptions {
  /** Port 0 takes a free one. */
  readonly address: HostPort;
  readonly registry: Registry;
  /** What is wrong with the process, for which a restart is the remedy; `undefined` when nothing is. */
  readonly sickness: () => string | undefined;
  /** What it still waits for before it can do its work; `undefined` when it is ready. */
  readonly waitsFor: () => string | undefined;
}

export interface OperatorServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The operator's only listener: probes and metrics, read-only. It answers as long as the event loop turns. */
export async function startOperatorServer(options: OperatorServerOptions): Promise<OperatorServer> {
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
  const server = await listen(app, options.address);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The address of the probes is taken or is none of this machine's. */
class HttpAddressError extends Error {
  readonly code = 'HTTP_ADDRESS';

  constructor(address: HostPort, cause: Error) {
    super(`--http-address ${formatAddress(address)}: ${cause.message}; name a free address of this machine`, {
      cause,
    });
    this.name = 'HttpAddressError';
  }
}

function listen(app: express.Express, address: HostPort): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(address.port, address.host, (error?: Error) => {
      if (error === undefined) resolve(server);
      else reject(new HttpAddressError(address, error));
    });
  });
}
