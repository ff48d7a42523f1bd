/** What a worker listens on in its pod. The names are what Services, probes and monitors refer to. */
export const GRPC_PORT = { name: 'grpc', number: 7443 } as const;

/** Probes and metrics; the only one without authentication, and read-only. */
export const HTTP_PORT = { name: 'http', number: 8080 } as const;
