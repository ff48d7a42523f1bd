export interface HostPort {
  /** Name or IP, without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

export class InvalidAddressError extends Error {
  readonly code = 'INVALID_ADDRESS';
  readonly address: string;

  constructor(address: string) {
    super(`"${address.slice(0, 200)}" is not host:port; write IPv6 as [::1]:port`);
    this.name = 'InvalidAddressError';
    this.address = address;
  }
}

/** To listen on: every address of the machine, IPv6 too where it has any. */
export const EVERY_HOST = '*';

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+|\*)):([0-9]{1,5})$/;

/** Parses `host:port` or `[ipv6]:port`. Throws InvalidAddressError. */
export function parseAddress(address: string): HostPort {
  const [, v6, name, digits] = ADDRESS.exec(address) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  if (host === undefined || !(port <= 65535)) throw new InvalidAddressError(address);
  return { host, port };
}

export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
