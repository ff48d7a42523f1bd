import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import type { Metadata, ServerWritableStream, ServiceError } from '@grpc/grpc-js';
import type { Channel } from '../wire/channel.ts';
import { copyBytes, privateCopy } from '../copy-bytes.ts';
import { copyStateMethod } from '../wire/messages.ts';
import type { StatePart, StateRequest } from '../wire/messages.ts';
import type { Clock } from './clock.ts';
import { PeerLostError } from './errors.ts';
import type { StateMemory } from './state-memory.ts';

/** A message costs some 60 us whatever its length; beyond a megabyte nothing is gained. */
export const PART_BYTES = 1024 * 1024;
/** Tries in a row that bring not a single good part, after which the source counts as lost. */
const MOST_FRUITLESS_TRIES = 5;
const RETRY_MS = 50;

/** The source's side: the state from `offset` on, as fast as the stream takes it. */
export async function sendState(
  call: ServerWritableStream<StateRequest, StatePart>,
  state: StateMemory,
  offset: number,
): Promise<void> {
  call.on('error', () => undefined);
  const gone = once(call, 'cancelled');
  for (let next = offset; next < state.bytes && !call.cancelled;) {
    const data = privateCopy(state.view(next, PART_BYTES));
    const hasRoom = call.write({ offset: next, data, crc: crc32(data) });
    next += data.length;
    if (!hasRoom) await Promise.race([once(call, 'drain'), gone]);
  }
  call.end();
}

export interface StateCopyOptions {
  readonly clock: Clock;
  readonly sourceRank: number;
  readonly state: StateMemory;
  /** A client on a connection of its own to the source. */
  readonly openChannel: () => Channel;
  /** Fresh metadata with generation and attempt. */
  readonly metadata: () => Metadata;
  readonly signal: AbortSignal;
}

/**
 * Copies a peer's state over this member's. Goes on where it was when a connection breaks or a part is damaged.
 * @throws PeerLostError when the source gives nothing more.
 */
export async function copyState(options: StateCopyOptions): Promise<void> {
  const { clock, state, sourceRank, signal } = options;
  const startedAt = clock.monotonicMs();
  let offset = 0;
  let fruitless = 0;
  let reason = '';
  while (offset < state.bytes) {
    signal.throwIfAborted();
    const reached = await copyFrom(offset, options).catch((error: CopyInterruptedError) => {
      reason = error.message;
      return error.reached;
    });
    fruitless = reached > offset ? 0 : fruitless + 1;
    offset = reached;
    if (fruitless === MOST_FRUITLESS_TRIES) {
      throw new PeerLostError({
        ranks: [sourceRank],
        phase: 'formation',
        waitedMs: clock.monotonicMs() - startedAt,
        detail: `its state could not be copied beyond byte ${offset} of ${state.bytes}: ${reason}`,
      });
    }
    if (fruitless > 0) await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
  }
}

class CopyInterruptedError extends Error {
  override readonly name = 'CopyInterruptedError';
  /** All bytes before are in place. */
  readonly reached: number;

  constructor(reached: number, reason: string) {
    super(reason);
    this.reached = reached;
  }
}

/** One stream. Resolves with `state.bytes`. */
function copyFrom(offset: number, options: StateCopyOptions): Promise<number> {
  const { state, openChannel, metadata, signal } = options;
  const client = openChannel();
  let next = offset;
  return new Promise<number>((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = copyStateMethod;
    const call = client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { offset },
      metadata(),
    );
    const interrupt = (reason: string): void => {
      signal.removeEventListener('abort', cancel);
      reject(new CopyInterruptedError(next, reason));
      call.cancel();
    };
    const cancel = (): void => interrupt('the generation is over');
    signal.addEventListener('abort', cancel);
    call.on('data', (part: StatePart) => {
      const complaint = take(state, next, part);
      if (complaint === undefined) next += part.data.length;
      else interrupt(complaint);
    });
    call.on('error', (error: ServiceError) => interrupt(error.details));
    call.on('end', () => {
      if (next < state.bytes) return interrupt('the stream ended early');
      signal.removeEventListener('abort', cancel);
      resolve(next);
    });
  }).finally(() => client.close());
}

/** Puts a part where it belongs; returns what is wrong with it, and then nothing has changed. */
export function take(state: StateMemory, next: number, { offset, data, crc }: StatePart): string | undefined {
  if (offset !== next) return `a part came for byte ${offset} instead of ${next}`;
  const place = state.view(next, data.length);
  if (data.length === 0 || place.length !== data.length)
    return `a part of ${data.length} bytes does not fit at ${next}`;
  if (crc32(data) !== crc) return `the part at byte ${next} is damaged`;
  copyBytes(place, data);
  return undefined;
}
