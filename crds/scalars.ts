import { z } from 'zod';

/** A DNS label: lower case letters, digits and `-`, at most 63 characters. Kubernetes object names. */
export const dnsLabel = () =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
      error: 'must be lower case letters, digits and dashes',
    });

/** A DNS subdomain: labels joined by `.`, at most 253 characters. Names of Secrets, ConfigMaps, claims, classes. */
export const dnsSubdomain = () =>
  z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
      error: 'must be lower case letters, digits, dashes and dots',
    });

/** A file or directory. Relative paths start at the YAML file's directory locally, at the working directory in a pod. */
export const filePath = () => z.string().min(1).max(1024);

/** Whole seconds. Ten years is far beyond any sensible wait and still fits every timer after multiplication. */
export const seconds = () => z.int().min(1).max(315_360_000);

/** A count that fits a signed 32-bit integer. */
export const count = () => z.int().min(0).max(2_147_483_647);

/** A count of at least one. */
export const positiveCount = () => z.int().min(1).max(2_147_483_647);

/** A factor of an exponential average: 0 forgets at once, values near 1 remember long. */
export const decayFactor = () => z.number().min(0).lt(1);

/** Free text of a bounded length. */
export const text = (maxLength: number) => z.string().max(maxLength);

const QUANTITY = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$/;

/**
 * A Kubernetes quantity: `500m`, `2`, `1Gi`. A whole number is taken as its text, as Kubernetes does.
 * It becomes `x-kubernetes-int-or-string`, the one union that a structural schema has a name for.
 */
export const quantity = () =>
  z
    .union([z.string().max(64), z.int()])
    .meta({ 'x-kubernetes-int-or-string': true, pattern: QUANTITY.source })
    .transform(String)
    .refine((value) => QUANTITY.test(value), {
      error: "must be a Kubernetes quantity such as '500m', '2' or '1Gi'",
    });
