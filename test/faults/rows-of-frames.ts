import { FIELDS, GRPC_LENGTH_OFFSET, withFlipped, type ExchangeFrame } from './exchange-frames.ts';
import type { Sight, Treatment } from './link.ts';
import type { Row, SwitchedStage } from './row.ts';

type Field = keyof typeof FIELDS | 'payload';
type Kind = ExchangeFrame['kind'];

const REFUSED =
  'refused with the name of the field; nothing of it is applied; the step is done again by the same processes';
const OWN_RANK = 1;
const PEER = 2;

/** A frame on its way that is not what was sent, or not only once, or not alone; and what is no frame at all. */
export const rowsOfFrames: readonly Row<SwitchedStage>[] = [
  ...([...Object.keys(FIELDS), 'payload'] as readonly Field[]).map((field) => corrupt(field, 'push')),
  corrupt('step', 'pull'),
  corrupt('payload', 'pull'),
  duplicate('push', 'a contribution comes twice'),
  duplicate('pull', 'a sum comes twice'),
  replayed(),
  spoiled('T13-oversize', 'a message that says it is 2 GB long', 'push', ({ bytes }) => {
    const long = Buffer.from(bytes);
    long.writeUInt32BE(0x7fff_ffff, GRPC_LENGTH_OFFSET);
    return long;
  }),
  spoiled('T6-garbage', 'random bytes in place of HTTP/2', 'push', ({ bytes }, random) => {
    const garbage = Buffer.from(bytes);
    // Also the length and the type of the HTTP/2 frame.
    for (let i = 0; i < garbage.length; i += 1) garbage[i] = Math.floor(random() * 256);
    return garbage;
  }),
  lost('T9-missing', 'a message that never comes, then the end of its connection'),
];

function corrupt(field: Field, kind: Kind): Row<SwitchedStage> {
  // The header's checksum is looked at after its fields, so a field that must have one value is refused by its own name;
  // the payload comes last.
  const named = { payload: 'payloadDigest', payloadDigest: 'crc' }[field as string] ?? field;
  return {
    ...spoiled(`T10-${kind}-${field}`, `one bit of "${field}" is turned`, kind, ({ bytes, frames }, random) =>
      withFlipped(bytes, frameOf(frames, kind), field, 1 << Math.floor(random() * 8)),
    ),
    expected: REFUSED,
    says: new RegExp(`refused a frame from rank ${OWN_RANK}: ${named}: `),
  };
}

function duplicate(kind: Kind, fault: string): Row<SwitchedStage> {
  return {
    ...spoiled(`T9-duplicate-${kind}`, fault, kind, ({ bytes }) => Buffer.concat([bytes, bytes])),
    expected: REFUSED,
    // The second one may come when the step is over already.
    says: new RegExp(`refused a frame from rank ${OWN_RANK}: (chunk|step): `),
  };
}

function spoiled(
  id: string,
  fault: string,
  kind: Kind,
  spoil: (sight: Sight, random: () => number) => Buffer,
): Row<SwitchedStage> {
  return {
    id,
    fault,
    rank: `${OWN_RANK} to ${PEER}`,
    phase: `in the ${kind}`,
    expected: 'refused; the step is done again by the same processes',
    replaced: [],
    endsGeneration: true,
    async act(stage) {
      const { crew, step, random, go } = stage;
      const met = crew.switchboard.once(
        (sight) => isBulk(sight, kind, step),
        (sight) => ({ forward: spoil(sight, random), after: 'goOn' }),
      );
      go();
      await met;
    },
  };
}

function replayed(): Row<SwitchedStage> {
  return {
    ...spoiled('T9-replay', 'a contribution to the step before comes again', 'push', ({ bytes }) => bytes),
    expected: REFUSED,
    says: new RegExp(`refused a frame from rank ${OWN_RANK}: step: `),
    async act({ crew, step, go }) {
      let before: Buffer | undefined;
      const { switchboard } = crew;
      await new Promise<void>((resolve) => {
        void switchboard.once(
          (sight) => isBulk(sight, 'push', step),
          ({ bytes }) => {
            before = bytes;
            void switchboard.once(
              (sight) => isBulk(sight, 'push', step + 1),
              (sight) => {
                resolve();
                return { forward: Buffer.concat([before ?? Buffer.alloc(0), sight.bytes]), after: 'goOn' };
              },
            );
            return { forward: bytes, after: 'goOn' };
          },
        );
        go();
      });
    },
  };
}

function lost(id: string, fault: string): Row<SwitchedStage> {
  return {
    ...spoiled(id, fault, 'push', ({ bytes }) => bytes),
    async act({ crew, step, go }) {
      const met = crew.switchboard.once(
        (sight) => isBulk(sight, 'push', step),
        (): Treatment => ({ forward: Buffer.alloc(0), after: 'reset' }),
      );
      go();
      await met;
    },
  };
}

/** A message of rank 1 to rank 2 that has a frame of this kind and step. */
function isBulk({ link, direction, frames }: Sight, kind: Kind, step: number): boolean {
  return (
    direction === 'toTarget' &&
    link.to === PEER &&
    frames.some((frame) => frame.rank === OWN_RANK && frame.kind === kind && frame.step === step)
  );
}

function frameOf(frames: readonly ExchangeFrame[], kind: Kind): ExchangeFrame {
  const found = frames.find((frame) => frame.kind === kind);
  if (found === undefined) throw new Error(`there is no ${kind} frame`);
  return found;
}
