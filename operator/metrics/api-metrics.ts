import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';
import type { ApiCall } from '../cluster/api/exchange.ts';
import type { RestartReason } from '../cluster/watch/restart.ts';

/** The operator's dealings with the API server. */
export interface ApiMetrics {
  /** client-go's `rest_client_requests_total`. */
  called(call: ApiCall): void;
  /** @param resource plural, such as `pods` */
  watchRestarted(resource: string, reason: RestartReason): void;
}

export function createApiMetrics(registry: Registry, resources: readonly string[]): ApiMetrics {
  const registers = [registry];
  const calls = new Counter({
    name: 'rest_client_requests_total',
    help: 'HTTP requests to the API server; code is <error> when no answer came',
    labelNames: ['code', 'method', 'host'],
    registers,
  });
  const restarts = new Counter({
    name: 'terngrad_operator_watch_restarts_total',
    help: 'Watches that were opened again, by what ended them; `ended` is the ordinary course',
    labelNames: ['resource', 'reason'],
    registers,
  });
  for (const resource of resources) restarts.inc({ resource, reason: 'ended' }, 0);
  return {
    called: ({ code, method, host }) => calls.inc({ code, method, host }),
    watchRestarted: (resource, reason) => restarts.inc({ resource, reason }),
  };
}
