import { pushMethod } from '../../trainer/wire/messages.ts';
import type { InTransit, Tampered } from './connection.ts';
import type { MessageAction } from './schedule.ts';

/** What is done to the next bulk message from one rank to another. */
export class Tampering {
  readonly #due = new Map<string, MessageAction>();
  readonly #last = new Map<string, Buffer>();

  arm(from: number, action: MessageAction): void {
    this.#due.set(`${from}-${action.peer}`, action);
  }

  readonly tap = ({ from, to, path, bytes }: InTransit): Tampered | undefined => {
    if (path !== pushMethod.path) return undefined;
    const link = `${from.rank}-${to.rank}`;
    const action = this.#due.get(link);
    const before = this.#last.get(link);
    this.#last.set(link, bytes);
    if (action === undefined) return undefined;
    this.#due.delete(link);
    switch (action.kind) {
      case 'turn a bit':
        return { messages: [withBitTurned(bytes, action.bit)], thenReset: false };
      case 'send twice':
        return { messages: [bytes, bytes], thenReset: false };
      case 'replay':
        return { messages: [...(before === undefined ? [] : [before]), bytes], thenReset: false };
      case 'cut a message short':
        return { messages: [bytes.subarray(0, bytes.length - 3)], thenReset: false };
      case 'lose':
        return { messages: [], thenReset: true };
    }
  };
}

function withBitTurned(bytes: Buffer, bit: number): Buffer {
  const turned = Buffer.from(bytes);
  const at = bit % (turned.length * 8);
  turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
  return turned;
}
