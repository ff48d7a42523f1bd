import type { CodingCosts, StepCosts } from './costs.ts';
import type { Link } from './link.ts';
import { busiestTraffic, type ChunkBytes } from './traffic.ts';

export interface StepSetting {
  readonly members: number;
  /** Of all members together. */
  readonly examplesPerStep: number;
  readonly link: Link;
  /**
   * Processor cores that one worker has. Two or more: the exchange runs beside the encoder. One: they take turns. Less: workers
   * share a core, and everything takes longer.
   */
  readonly coresPerWorker: number;
}

export type Bound = 'gradient' | 'link' | 'processor' | 'latency';

/** One step of the slowest worker, milliseconds. */
export interface PredictedStep {
  readonly totalMs: number;
  readonly gradientMs: number;
  /** Statistics, barrier, exchange; and the update where it follows the exchange. */
  readonly beyondGradientMs: number;
  readonly barrierMs: number;
  /** From the first chunk encoded to the last sum applied. */
  readonly exchangeMs: number;
  /** What the exchange would take if nothing but the wire were slow, or nothing but the processor. */
  readonly wireMs: number;
  readonly processorMs: number;
  /** Sent by the busiest member. */
  readonly sentBytes: number;
  /** What takes the largest part. */
  readonly bound: Bound;
  readonly samplesPerSecond: number;
}

/**
 * Bytes on an Ethernet wire for each byte of a gRPC message: 1514 for 1448 of TCP payload, headers of HTTP/2 and TLS records
 * (31 bytes in 16 KiB), and one acknowledgement of 66 bytes for about every second segment of what comes the other way.
 */
const WIRE_OVERHEAD = (1514 / 1448) * (1 + 31 / 16_384) + 33 / 1448;
/** Of one HTTP/2 stream: no more than this is on its way at any time; see trainer/wire/flow-control.ts. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** What is encoded, sent and summed at a time. */
const STAGE_BYTES = 64 * 1024;

/**
 * One synchronous step of N workers, each of which also sums its share of the chunks (docs/predict.md):
 *
 *     T = gradient + statistics + barrier + exchange
 *     exchange = max(W, P) + min(W, P) / stages + round trip
 *
 * W is the wire's time for what the busiest worker sends or receives, P the processor's for encoding, messages, sums, decoding and
 * update: sums are applied as they come. They overlap chunk by chunk; the first and the last chunk do not. An update that
 * cannot be made beside the present state follows the exchange.
 */
export function predictStep(
  costs: StepCosts,
  coding: CodingCosts,
  chunks: readonly ChunkBytes[],
  { members, examplesPerStep, link, coresPerWorker }: StepSetting,
): PredictedStep {
  const traffic = busiestTraffic(chunks, members);
  const { barrierMs: firstMs, perMemberMs, perMessageMs, perByteMs } = costs.transport;
  const isAlone = members === 1;
  const slowdown = Math.max(1, 1 / coresPerWorker);
  const gradientMs =
    slowdown * (costs.gradient.fixedMs + costs.gradient.perExampleMs * Math.ceil(examplesPerStep / members));

  const barrierMs = isAlone ? 0 : link.roundTripMs + slowdown * (firstMs + perMemberMs * (members - 2));
  const { sentBytes, receivedBytes, messages, summedShare } = traffic;
  const wireMs = (Math.max(sentBytes, receivedBytes) * WIRE_OVERHEAD * 8000) / usableRate(link, members);
  const movedMs =
    slowdown *
    (((sentBytes + receivedBytes) * perByteMs + messages * perMessageMs) / 2 +
      coding.sumMs * summedShare +
      (isAlone ? 0 : arrivalMs(coding, members, summedShare)));
  const codePushMs = isAlone ? 0 : (coding.entropy?.codePushMs ?? 0) * (1 - summedShare);
  const updateMs = slowdown * costs.updateMs;
  // The compute thread's: it encodes, and applies what has come.
  const computeMs =
    slowdown * (coding.encodeMs + codePushMs + coding.decodeMs) + (costs.isUpdatedAsSumsCome ? updateMs : 0);
  const stages = Math.max(
    1,
    Math.min(chunks.length, Math.ceil(Math.max(sentBytes, receivedBytes) / STAGE_BYTES)),
  );
  const processorMs = coresPerWorker >= 2 ? overlapped(computeMs, movedMs, stages) : computeMs + movedMs;
  const exchangeMs = overlapped(wireMs, processorMs, stages) + (isAlone ? 0 : link.roundTripMs);

  const aroundMs = slowdown * costs.statisticsMs + (costs.isUpdatedAsSumsCome ? 0 : updateMs);
  const beyondGradientMs = aroundMs + barrierMs + exchangeMs;
  const totalMs = gradientMs + beyondGradientMs;
  return {
    totalMs,
    gradientMs,
    beyondGradientMs,
    barrierMs,
    exchangeMs,
    wireMs,
    processorMs,
    sentBytes,
    bound: largest({
      gradient: gradientMs,
      link: wireMs,
      processor: processorMs + aroundMs,
      latency: isAlone ? 0 : 2 * link.roundTripMs + barrierMs,
    }),
    samplesPerSecond: (examplesPerStep * 1000) / totalMs,
  };
}

/** What entropy coding costs the I/O thread: it restores contributions and sums of others, and codes its own sums. */
function arrivalMs({ entropy }: CodingCosts, members: number, summedShare: number): number {
  if (entropy === undefined) return 0;
  return (
    entropy.restorePushMs * summedShare * (members - 1) +
    entropy.codeSumMs * summedShare +
    entropy.restoreSumMs * (1 - summedShare)
  );
}

/** Two stages that work on one part while the other has the next: the longer one, and one part of the shorter. */
function overlapped(oneMs: number, otherMs: number, parts: number): number {
  return Math.max(oneMs, otherMs) + Math.min(oneMs, otherMs) / parts;
}

/** The link's, or on a long way what the windows of all streams let through in a round trip. */
function usableRate({ bitsPerSecond, roundTripMs }: Link, members: number): number {
  const windowBits = Math.max(1, members - 1) * WINDOW_BYTES * 8;
  return roundTripMs === 0 ? bitsPerSecond : Math.min(bitsPerSecond, (windowBits * 1000) / roundTripMs);
}

function largest(partsMs: Readonly<Record<Bound, number>>): Bound {
  const [first] = Object.entries(partsMs).toSorted(([, one], [, other]) => other - one);
  return (first?.[0] ?? 'gradient') as Bound;
}
