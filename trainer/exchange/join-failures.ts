/** What a failed attempt to reach rank 0 tells, the more telling the larger: nobody there, cut off, not trusted. */
const Telling = { absent: 0, cutOff: 1, untrusted: 2 } as const;
type Telling = (typeof Telling)[keyof typeof Telling];

/** OpenSSL's and our own words about certificates, and TLS against plaintext. */
const UNTRUSTED = /certificate|\bSSL\b|\bTLS|\balert\b/i;
/** Connected, then closed by the other side: grpc-js knows no reason then. */
const CUT_OFF = /ECONNRESET|EPIPE|socket hang up|Failed to connect/;

const REMEDIES: Readonly<Record<Telling, string>> = {
  [Telling.absent]: '',
  [Telling.cutOff]:
    "; rank 0 cut the connection off, and its log says why: most often it does not trust this worker's certificate",
  [Telling.untrusted]:
    '; the TLS handshake failed: all workers of a job need certificates of one authority, and the same tls.enabled',
};

/**
 * Why rank 0 could not be reached, over many attempts. The last one is rarely the telling one: whoever is refused
 * tries again until rank 0 has given up, and then nobody listens any more.
 */
export class JoinFailures {
  #detail = '';
  #telling: Telling = Telling.absent;

  /** @param detail what gRPC says about an attempt. */
  add(detail: string): void {
    const telling = tellingOf(detail);
    if (telling < this.#telling) return;
    this.#telling = telling;
    this.#detail = networkError(detail);
  }

  /** The most telling failure, the latest of its kind, with what to do; empty without any. */
  explain(): string {
    if (this.#detail === '') return '';
    return `rank 0 could not be reached: ${this.#detail}${REMEDIES[this.#telling]}`;
  }
}

function tellingOf(detail: string): Telling {
  if (UNTRUSTED.test(detail)) return Telling.untrusted;
  return CUT_OFF.test(detail) ? Telling.cutOff : Telling.absent;
}

/** Without what grpc-js puts around it. */
function networkError(detail: string): string {
  return /Last error: (?:Error: )?(.+?)(?:\. Resolution note:.*)?$/s.exec(detail)?.[1] ?? detail;
}
