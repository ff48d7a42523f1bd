import type { ContributionMessage, OutcomeMessage } from '../wire/messages.ts';
import { asReason } from './abort.ts';
import type { BarrierContribution, BarrierOutcome } from './exchange.ts';
import type { FaultReason } from './errors.ts';

/** A contribution as it comes from the wire: a fault's reason may also be `internal`. */
export interface ReceivedContribution extends Omit<BarrierContribution, 'fault'> {
  readonly fault?: { readonly reason: FaultReason; readonly message: string };
}

const FLOAT32_BYTES = 4;

export function encodeContribution(contribution: BarrierContribution): ContributionMessage {
  const { sums = [], maxima = [] } = contribution;
  return { ...contribution, sums, maxima, scalers: float32Bytes(contribution.scalers) };
}

/** Throws RangeError when the message cannot be a contribution. */
export function decodeContribution(message: ContributionMessage): ReceivedContribution {
  const { step, stateHash, loss, samples, leaving, sums, maxima, fault } = message;
  const scalers = float32Values(message.scalers);
  const contribution = { step, stateHash, loss, samples, leaving, sums, maxima, scalers };
  return fault == null
    ? contribution
    : { ...contribution, fault: { reason: asReason(fault.reason), message: fault.message } };
}

export function encodeOutcome(outcome: BarrierOutcome): OutcomeMessage {
  return { ...outcome, scalers: float32Bytes(outcome.scalers) };
}

export function decodeOutcome(message: OutcomeMessage): BarrierOutcome {
  const { step, meanLoss, samples, ends, sums, maxima } = message;
  return { step, meanLoss, samples, ends, sums, maxima, scalers: float32Values(message.scalers) };
}

/** Little endian, whatever this computer's order is. */
export function float32Bytes(values: Float32Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(values.length * FLOAT32_BYTES);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i] ?? 0, i * FLOAT32_BYTES);
  return bytes;
}

/** @throws RangeError when the length is not that of whole values. */
export function float32Values(bytes: Uint8Array): Float32Array {
  if (bytes.length % FLOAT32_BYTES !== 0)
    throw new RangeError(`${bytes.length} bytes are no float32 scalers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / FLOAT32_BYTES);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(i * FLOAT32_BYTES, true);
  return values;
}
