import type { X509Certificate } from 'node:crypto';

export const DAY_MS = 24 * 3600 * 1000;
/** Clocks of other machines may lag so much. */
const CLOCK_LAG_MS = 5 * 60_000;

/** From a little before `now`, for so many days. */
export function validityOf(days: number, now: Date): { readonly notBefore: Date; readonly notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - CLOCK_LAG_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

/** After two thirds of its life a certificate is replaced: the last third is for whoever was away. */
export function renewalTime(certificate: X509Certificate): Date {
  const start = new Date(certificate.validFrom).getTime();
  const end = new Date(certificate.validTo).getTime();
  return new Date(start + ((end - start) * 2) / 3);
}
