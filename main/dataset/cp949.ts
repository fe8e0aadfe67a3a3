/** Codes before and within the rows of KS X 1001, and the trail bytes that are free there. */
const firstLead = 0x81;
const firstRowOfStandard = 0xa1;
const syllables = { first: 0xac00, last: 0xd7a3 };

let extension: Map<number, string> | null = null;

/**
 * Reads bytes as Korean Windows writes them, CP949 (UHC): EUC-KR and the 8,822 syllables that it lacks. Node's own
 * decoder knows only the former and lets stray bytes pass as control characters.
 *
 * @returns null when they are not that
 * @see https://encoding.spec.whatwg.org/#euc-kr-decoder
 */
export function decodeCp949(bytes: Uint8Array): string | null {
  const known = new Map<number, string | undefined>(); // decoders are slow to make, and texts repeat themselves
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const lead = bytes[at]!;
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    const pair = (lead << 8) | (bytes[++at] ?? 0);
    if (!known.has(pair)) known.set(pair, standard(pair) ?? (extension ??= extended()).get(pair));
    const character = known.get(pair);
    if (character === undefined) return null;
    text += character;
  }
  return text;
}

/** A character of KS X 1001, which both bytes have the upper bit for. */
function standard(pair: number): string | undefined {
  if (pair >> 8 < firstRowOfStandard || (pair & 0xff) < 0xa1) return undefined;
  const text = new TextDecoder('euc-kr').decode(Uint8Array.of(pair >> 8, pair & 0xff));
  return /^[^\0-\u009f\ue000-\uf8ff\ufffd]$/.test(text) ? text : undefined; // neither controls nor private use
}

/** The syllables that the standard lacks, in the order of Unicode, fill the free codes from the first on. */
function extended(): Map<number, string> {
  const known = new Set<string>();
  for (let lead = 0xb0; lead <= 0xc8; lead++)
    for (let trail = 0xa1; trail <= 0xfe; trail++) known.add(standard((lead << 8) | trail) ?? '');
  const codes = freeCodes();
  const table = new Map([
    [0xa2e6, '€'], // younger than Node's table
    [0xa2e7, '®'],
  ]);
  for (let unit = syllables.first; unit <= syllables.last; unit++) {
    const syllable = String.fromCharCode(unit);
    if (!known.has(syllable)) table.set(codes.next().value as number, syllable);
  }
  return table;
}

function* freeCodes(): Generator<number> {
  for (let lead = firstLead; ; lead++) {
    const last = lead < firstRowOfStandard ? 0xfe : 0xa0;
    for (let trail = 0x41; trail <= last; trail++) {
      const isLetter = trail <= 0x5a || (trail >= 0x61 && trail <= 0x7a);
      if (isLetter || trail >= 0x81) yield (lead << 8) | trail;
    }
  }
}
