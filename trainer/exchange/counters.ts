/** Bytes of one direction of the gradient exchange. */
export interface ByteCount {
  /** float32 size of exactly the values that crossed the wire. */
  raw: number;
  /** Whole gRPC messages: frames with their headers and the 5-byte gRPC prefix. */
  wire: number;
}

export interface TrafficCount {
  /** Contributions, worker to chunk owner. */
  readonly push: ByteCount;
  /** Sums, chunk owner to worker. */
  readonly pull: ByteCount;
  /** Whole gRPC messages of the barrier (scalers, hashes, loss), 5-byte prefix included. */
  barrier: number;
}

/**
 * Running totals since the start. A worker's own share never leaves it and counts in neither raw nor wire.
 * What one member sent is what its peers received, so a job's totals are sums over `sent` alone.
 */
export interface ExchangeCounters {
  readonly sent: Readonly<TrafficCount>;
  readonly received: Readonly<TrafficCount>;
  /** Bytes of all TCP sockets, TLS and HTTP/2 included: what a proxy in between would count. */
  readonly transport: { readonly sent: number; readonly received: number };
  /** Gradient bytes sent to each rank (push and pull together). */
  readonly sentTo: ReadonlyMap<number, Readonly<ByteCount>>;
}

export function emptyTraffic(): TrafficCount {
  return { push: { raw: 0, wire: 0 }, pull: { raw: 0, wire: 0 }, barrier: 0 };
}
