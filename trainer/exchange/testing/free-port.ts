import { portForRank0 } from '../../../operator/local/free-port.ts';

/** A port of loopback that was free a moment ago, and is given to nobody who connects. */
export function freePort(): Promise<number> {
  return portForRank0();
}
