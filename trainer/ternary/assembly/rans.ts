/**
 * Range asymmetric numeral systems (J. Duda, arXiv 1311.2540), four interleaved states: symbol i belongs to state i mod 4.
 * A state x lies in [2^16, 2^32) and gives or takes whole 16-bit words; frequencies sum to 2^14. Coding goes from the last
 * symbol to the first and writes words upwards; decoding starts at the last word and goes downwards. `count` is a
 * multiple of 4. Layouts of the tables: ../entropy/coder-memory.ts.
 */
const SCALE_BITS: u32 = 14;
const SLOT_MASK: u32 = 0x3fff;
const LEAST_STATE: u32 = 0x1_0000;

const SLOTS: usize = 1024;

/** x / frequency for x < frequency * 2^18, which renormalized states are: a 64-bit product and a shift, always exact. */
const RECIPROCAL_BITS: u64 = 46;

/** How often each byte occurs, u32 each, at `counts`; the 1024 bytes behind them are used and left zero. */
export function countBytes(bytes: usize, count: u32, counts: usize): void {
  memory.fill(counts, 0, 2048);
  const end = bytes + (count as usize);
  // Two tables, so that equal neighbours do not wait for each other's store.
  for (; bytes + 8 <= end; bytes += 8) {
    const eight = load<u64>(bytes);
    increment(counts, eight as u32 & 0xff);
    increment(counts + 1024, (eight >> 8) as u32 & 0xff);
    increment(counts, (eight >> 16) as u32 & 0xff);
    increment(counts + 1024, (eight >> 24) as u32 & 0xff);
    increment(counts, (eight >> 32) as u32 & 0xff);
    increment(counts + 1024, (eight >> 40) as u32 & 0xff);
    increment(counts, (eight >> 48) as u32 & 0xff);
    increment(counts + 1024, (eight >> 56) as u32);
  }
  for (; bytes < end; bytes++) increment(counts, load<u8>(bytes));
  for (let at = counts; at < counts + 1024; at += 16) {
    v128.store(at, i32x4.add(v128.load(at), v128.load(at, 1024)));
    v128.store(at, i32x4.splat(0), 1024);
  }
}

// @ts-ignore: decorator
@inline
function increment(counts: usize, byte: u32): void {
  const at = counts + ((byte as usize) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The caller has checked that `frequencies` (u16 by class) sum to 2^14 over the symbols. */
export function ransDecodeTable(classes: usize, frequencies: usize, symbols: u32, table: usize): void {
  let start: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const frequency = frequencyOf(classes, frequencies, symbol);
    store<u32>(table + ((symbol as usize) << 2), frequency | (start << 16));
    const from = table + SLOTS + (start as usize);
    const bytes = i8x16.splat(symbol as i8);
    // Whole vectors: what they write too far, the next symbol overwrites; 16 bytes lie behind the last.
    for (let at: usize = 0; at < (frequency as usize); at += 16) v128.store(from + at, bytes);
    start += frequency;
  }
}

export function ransEncodeTable(classes: usize, frequencies: usize, symbols: u32, table: usize): void {
  let start: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbols; symbol++, table += 16) {
    const frequency = frequencyOf(classes, frequencies, symbol);
    const divisor = max(frequency, 1) as u64;
    store<u64>(table, (((1 as u64) << RECIPROCAL_BITS) + divisor - 1) / divisor);
    store<u32>(table, frequency, 8);
    store<u32>(table, start, 12);
    start += frequency;
  }
}

// @ts-ignore: decorator
@inline
function frequencyOf(classes: usize, frequencies: usize, symbol: u32): u32 {
  return load<u16>(frequencies + ((load<u8>(classes + (symbol as usize)) as usize) << 1));
}

/** Where the next word goes, or 0 when the words do not fit below `outEnd`. The states are read and written. */
export function ransEncode(
  symbols: usize,
  count: u32,
  table: usize,
  states: usize,
  out: usize,
  outEnd: usize,
): usize {
  let x0 = load<u32>(states);
  let x1 = load<u32>(states, 4);
  let x2 = load<u32>(states, 8);
  let x3 = load<u32>(states, 12);
  for (let at = symbols + (count as usize); at > symbols;) {
    if (out + 8 > outEnd) return 0;
    at -= 4;
    const four = load<u32>(at);
    const e3 = table + (((four >> 24) as usize) << 4);
    const e2 = table + ((((four >> 16) & 0xff) as usize) << 4);
    const e1 = table + ((((four >> 8) & 0xff) as usize) << 4);
    const e0 = table + (((four & 0xff) as usize) << 4);
    const f3 = load<u32>(e3, 8);
    const full3 = (x3 >> 18 >= f3) as u32;
    store<u16>(out, x3 as u16);
    out += (full3 as usize) << 1;
    x3 = coded(x3 >> (full3 << 4), f3, e3);
    const f2 = load<u32>(e2, 8);
    const full2 = (x2 >> 18 >= f2) as u32;
    store<u16>(out, x2 as u16);
    out += (full2 as usize) << 1;
    x2 = coded(x2 >> (full2 << 4), f2, e2);
    const f1 = load<u32>(e1, 8);
    const full1 = (x1 >> 18 >= f1) as u32;
    store<u16>(out, x1 as u16);
    out += (full1 as usize) << 1;
    x1 = coded(x1 >> (full1 << 4), f1, e1);
    const f0 = load<u32>(e0, 8);
    const full0 = (x0 >> 18 >= f0) as u32;
    store<u16>(out, x0 as u16);
    out += (full0 as usize) << 1;
    x0 = coded(x0 >> (full0 << 4), f0, e0);
  }
  store<u32>(states, x0);
  store<u32>(states, x1, 4);
  store<u32>(states, x2, 8);
  store<u32>(states, x3, 12);
  return out;
}

/** (x / f) * 2^14 + x mod f + start. */
// @ts-ignore: decorator
@inline
function coded(x: u32, frequency: u32, entry: usize): u32 {
  const quotient = (((x as u64) * load<u64>(entry)) >> RECIPROCAL_BITS) as u32;
  return x + quotient * ((1 << SCALE_BITS) - frequency) + load<u32>(entry, 12);
}

/**
 * Reads words from `words` down to `wordsBegin` and never further. Where the last read word lies, or 0 when there were
 * not enough. Any bytes decode to symbols of the table.
 */
export function ransDecode(
  symbols: usize,
  count: u32,
  table: usize,
  states: usize,
  words: usize,
  wordsBegin: usize,
): usize {
  const slots = table + SLOTS;
  const end = symbols + (count as usize);
  let x0 = load<u32>(states);
  let x1 = load<u32>(states, 4);
  let x2 = load<u32>(states, 8);
  let x3 = load<u32>(states, 12);
  // Four symbols take at most four words. A load that is not needed reads the word above, which was read before.
  for (; symbols < end && words >= wordsBegin + 8; symbols += 4) {
    const slot0 = x0 & SLOT_MASK;
    const s0 = load<u8>(slots + (slot0 as usize)) as u32;
    x0 = decoded(x0, slot0, load<u32>(table + ((s0 as usize) << 2)));
    const low0 = (x0 < LEAST_STATE) as u32;
    words -= (low0 as usize) << 1;
    x0 = refilled(x0, low0, words);
    const slot1 = x1 & SLOT_MASK;
    const s1 = load<u8>(slots + (slot1 as usize)) as u32;
    x1 = decoded(x1, slot1, load<u32>(table + ((s1 as usize) << 2)));
    const low1 = (x1 < LEAST_STATE) as u32;
    words -= (low1 as usize) << 1;
    x1 = refilled(x1, low1, words);
    const slot2 = x2 & SLOT_MASK;
    const s2 = load<u8>(slots + (slot2 as usize)) as u32;
    x2 = decoded(x2, slot2, load<u32>(table + ((s2 as usize) << 2)));
    const low2 = (x2 < LEAST_STATE) as u32;
    words -= (low2 as usize) << 1;
    x2 = refilled(x2, low2, words);
    const slot3 = x3 & SLOT_MASK;
    const s3 = load<u8>(slots + (slot3 as usize)) as u32;
    x3 = decoded(x3, slot3, load<u32>(table + ((s3 as usize) << 2)));
    const low3 = (x3 < LEAST_STATE) as u32;
    words -= (low3 as usize) << 1;
    x3 = refilled(x3, low3, words);
    store<u32>(symbols, s0 | (s1 << 8) | (s2 << 16) | (s3 << 24));
  }
  // Near the first word: one symbol at a time, the states in turn.
  for (; symbols < end; symbols++) {
    const slot = x0 & SLOT_MASK;
    const symbol = load<u8>(slots + (slot as usize));
    store<u8>(symbols, symbol);
    let x = decoded(x0, slot, load<u32>(table + ((symbol as usize) << 2)));
    if (x < LEAST_STATE) {
      if (words < wordsBegin + 2) return 0;
      words -= 2;
      x = (x << 16) | (load<u16>(words) as u32);
    }
    x0 = x1;
    x1 = x2;
    x2 = x3;
    x3 = x;
  }
  store<u32>(states, x0);
  store<u32>(states, x1, 4);
  store<u32>(states, x2, 8);
  store<u32>(states, x3, 12);
  return words;
}

/** With the word at `words` behind it when `low` is 1. Which it is cannot be predicted, so nothing branches on it. */
// @ts-ignore: decorator
@inline
function refilled(x: u32, low: u32, words: usize): u32 {
  return (x << (low << 4)) | ((load<u16>(words) as u32) & (0 - low));
}

/** f * (x / 2^14) + slot - start. */
// @ts-ignore: decorator
@inline
function decoded(x: u32, slot: u32, entry: u32): u32 {
  return (entry & 0xffff) * (x >> SCALE_BITS) + slot - (entry >> 16);
}
