import { writeFileSync } from 'node:fs';
import { MAX_TERMINATION_MESSAGE_BYTES, type TerminationMessage } from '../crds/index.ts';

/** Serializes a termination message within the size that Kubernetes keeps; only the human message is shortened. */
export function encodeTerminationMessage(message: TerminationMessage): string {
  const encoded = JSON.stringify(message);
  const excess = Buffer.byteLength(encoded) - MAX_TERMINATION_MESSAGE_BYTES;
  if (excess <= 0) return encoded;
  // One character never takes less than a byte, so dropping `excess` characters and the mark is enough
  // unless they are escaped or wide: then go on until it fits.
  let text = message.message;
  for (;;) {
    text = text.slice(0, Math.floor(text.length * 0.9) - 1);
    const shorter = JSON.stringify({ ...message, message: `${text}…` });
    if (Buffer.byteLength(shorter) <= MAX_TERMINATION_MESSAGE_BYTES) return shorter;
  }
}

/** Synchronous, because it runs on the way out, also from a signal or an uncaught error. */
export function writeTerminationMessage(file: string | undefined, message: TerminationMessage): void {
  if (file === undefined) return;
  writeFileSync(file, encodeTerminationMessage(message));
}
