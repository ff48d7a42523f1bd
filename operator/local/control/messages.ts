import { z } from 'zod';

/**
 * What is said on the control socket of a local run: one line of JSON each way, then the connection ends.
 *
 *     {"replicas": 3}
 *     {"kind": "scaled", "before": 2, "now": 3}   or   {"kind": "refused", "message": "..."}
 */
export const scaleRequestSchema = z.strictObject({ replicas: z.int().min(0).max(1_000_000) });

export const scaleReplySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scaled'), before: z.int(), now: z.int() }),
  z.strictObject({ kind: z.literal('refused'), message: z.string() }),
]);

export type ScaleReply = z.output<typeof scaleReplySchema>;

/** A request takes a few bytes; who sends more is not one of ours. */
export const MAX_LINE_BYTES = 4096;

/** Neither side waits longer for the other. */
export const CONTROL_TIMEOUT_MS = 5_000;

/** The socket's name in the folder of a run, which only its user may enter. */
export const CONTROL_SOCKET = 'control.sock';
