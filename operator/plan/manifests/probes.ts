import { HTTP_PORT } from './ports.ts';

/**
 * All are answered by the I/O thread, so a long training step fails none of them. The pod is not restarted in place:
 * a failed liveness probe ends it, and the failure policy decides what comes next.
 */
export const WORKER_PROBES = {
  /** A minute for the process to come up; the model and the data are loaded after that. */
  startupProbe: { httpGet: get('/healthz'), periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 60 },
  /** A minute without an answer: the I/O thread itself hangs. */
  livenessProbe: { httpGet: get('/healthz'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  /** Ready: a member of the current generation. */
  readinessProbe: { httpGet: get('/readyz'), periodSeconds: 2, timeoutSeconds: 1, failureThreshold: 3 },
} as const;

function get(path: string): { readonly path: string; readonly port: string } {
  return { path, port: HTTP_PORT.name };
}
