import { z } from 'zod';

/** Kubernetes cuts a termination message at this many bytes; ours stays below whatever the worker count. */
export const MAX_TERMINATION_MESSAGE_BYTES = 4096;

const bytesSchema = z.object({
  /** float32 size of exactly the values that crossed the wire. */
  raw: z.number().int().nonnegative(),
  /** Whole gRPC messages with headers. */
  wire: z.number().int().nonnegative(),
});

/** What one worker says when it ends: the figures of a finished run, or why it failed. */
export const terminationMessageSchema = z.object({
  rank: z.number().int().nonnegative(),
  attempt: z.number().int().positive(),
  exitCode: z.number().int(),
  /** CamelCase, stable, for machines: `Completed`, `BadData`, `PeerLost`, `LossNotFinite`, ... */
  reason: z.string(),
  /** For humans: what happened, where, and what to do. */
  message: z.string(),
  /** Committed steps. */
  steps: z.number().int().nonnegative(),
  /** Epochs, with the fraction of the running one. */
  epochs: z.number().nonnegative(),
  /** Training loss: mean over the last reporting window. Absent before the first step. */
  loss: z.number().optional(),
  testLoss: z.number().optional(),
  /** 0..1. */
  testAccuracy: z.number().optional(),
  samplesPerSecond: z.number().nonnegative().optional(),
  /** Median milliseconds per step, by phase; `total` is the median of whole steps. */
  stepMs: z
    .object({
      total: z.number(),
      compute: z.number(),
      encode: z.number(),
      barrier: z.number(),
      push: z.number(),
      pull: z.number(),
      apply: z.number(),
      /** Median of (whole step minus the slowest member's compute): what the exchange adds to a step. */
      beyondCompute: z.number(),
    })
    .optional(),
  backend: z.string().optional(),
  /** Of a job with `auto` as codec or packing: what the workers chose; and from the rank 0 that did, why. */
  codec: z.enum(['ternary', 'float16', 'float32']).optional(),
  codecReason: z.string().optional(),
  bytes: z
    .object({ push: bytesSchema, pull: bytesSchema, barrier: z.number().int().nonnegative() })
    .optional(),
  /** SHA-256 (hex) over the final weights, tensor by tensor in model order, float32 little endian. */
  weightsHash: z.string().optional(),
});

export type TerminationMessage = z.infer<typeof terminationMessageSchema>;
