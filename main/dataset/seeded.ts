/** Random numbers from a seed. Same seed and label, same numbers, on every machine. Not for secrets. */
export interface SeededRandom {
  /** Uniform in [0, 1), 32 bits of it. */
  next: () => number;
  /** Uniform whole number in [0, n), without bias. */
  int: (n: number) => number;
  /** Normal with mean 0 and standard deviation 1. */
  normal: () => number;
  /** Shuffles in place (Fisher-Yates) and returns the same array. */
  shuffle: <A extends unknown[] | Uint32Array | Int32Array>(array: A) => A;
}

/**
 * Makes a generator for one purpose. Generators of one seed and different labels are independent of each other.
 *
 * @param seed 32-bit whole number.
 * @param label what the numbers are for, e.g. `split/cats`.
 * @see https://pracrand.sourceforge.net sfc32, by Chris Doty-Humphrey; state from splitmix32
 */
export function createRandom(seed: number, label: string): SeededRandom {
  let mixed = Math.imul(seed | 0, 0x9e3779b1) ^ hash(label);
  const splitmix = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix() ^ (seed | 0);
  let counter = 1;
  const next32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) next32(); // sfc32 asks for a warm-up

  let spare: number | null = null;
  const random: SeededRandom = {
    next: () => next32() / 2 ** 32,
    int(n) {
      const limit = 2 ** 32 - (2 ** 32 % n); // above it, the remainder would favour small numbers
      let value = next32();
      while (value >= limit) value = next32();
      return value % n;
    },
    normal() {
      if (spare !== null) {
        const value = spare;
        spare = null;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - random.next())); // Box-Muller
      const angle = 2 * Math.PI * random.next();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    shuffle(array) {
      for (let i = array.length - 1; i > 0; i--) {
        const j = random.int(i + 1);
        const kept = array[i]!;
        array[i] = array[j]!;
        array[j] = kept;
      }
      return array;
    },
  };
  return random;
}

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value;
}
