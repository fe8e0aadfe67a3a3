/** The languages Graft speaks. */
export type Language = 'en' | 'ko';

/** Numbers as people read them, in one language. */
export interface Formats {
  /** 1200 → "1,200". */
  integer: (value: number) => string;
  /** 2_300_000 → "2.3 M"; whole below 10,000. */
  count: (value: number) => string;
  /** 0.985 → "98.5 %". */
  percent: (fraction: number, decimals?: number) => string;
  /** Half the width of an interval: 0.012 → "± 1.2". */
  plusMinus: (fraction: number) => string;
  /** A difference of shares: 0.006 → "+0.6 points". */
  points: (fraction: number) => string;
  /** 118_000_000 → "118 MB"; steps of 1000. */
  bytes: (sizeBytes: number) => string;
  /** 250_000 → "4 min 10 s". */
  duration: (durationMs: number) => string;
  /** 0.0000031 → "0.000003": its size in one figure, never in powers of ten. */
  small: (value: number) => string;
  /** A moment: "3:42 PM", or with the day when it is not today. */
  moment: (iso: string) => string;
  /** The right word for a number: `plural(2, { one: 'picture', other: 'pictures' })`. */
  plural: (value: number, forms: { one: string; other: string }) => string;
  /** "a, b and c". */
  list: (items: readonly string[]) => string;
}

interface Units {
  hours: string;
  minutes: string;
  seconds: string;
  points: string;
}

const units: Record<Language, Units> = {
  en: { hours: ' h', minutes: ' min', seconds: ' s', points: ' points' },
  ko: { hours: '시간', minutes: '분', seconds: '초', points: '%p' },
};
const countSteps = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
] as const;
const byteSteps = [
  [1e12, ' TB'],
  [1e9, ' GB'],
  [1e6, ' MB'],
  [1e3, ' kB'],
] as const;

/** Builds the formats of a language once; `Intl` objects are dear. */
export function formatsFor(language: Language): Formats {
  const integers = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  const figures = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const smalls = new Intl.NumberFormat(language, { maximumSignificantDigits: 1 });
  const plurals = new Intl.PluralRules(language);
  const lists = new Intl.ListFormat(language, { type: 'conjunction' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short' });
  const dayAndTime = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const unit = units[language];
  const fixed = (value: number, decimals: number): string =>
    new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);

  return {
    integer: (value) => integers.format(value),
    count(value) {
      if (Math.abs(value) < 10_000) return integers.format(value);
      return stepped(value, countSteps, figures) ?? integers.format(value);
    },
    percent: (fraction, decimals = 1) => `${fraction === 1 ? '100' : fixed(fraction * 100, decimals)} %`,
    plusMinus: (fraction) => `± ${fixed(fraction * 100, 1)}`,
    points(fraction) {
      const sign = fraction < 0 ? '−' : '+';
      return `${sign}${fixed(Math.abs(fraction) * 100, 1)}${unit.points}`;
    },
    bytes: (sizeBytes) => stepped(sizeBytes, byteSteps, figures) ?? `${integers.format(sizeBytes)} B`,
    duration(durationMs) {
      const seconds = durationMs / 1000;
      if (seconds < 9.95) return `${tenths.format(seconds)}${unit.seconds}`;
      const whole = Math.round(seconds);
      if (whole < 60) return `${whole}${unit.seconds}`;
      const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
      const parts =
        hours > 0 ? [hours + unit.hours, minutes + unit.minutes] : [minutes + unit.minutes, rest + unit.seconds];
      return parts.filter((part) => !/^0\D/.test(part)).join(' ');
    },
    small: (value) => (value === 0 ? '0' : smalls.format(value)),
    moment(iso) {
      const date = new Date(iso);
      const isToday = date.toDateString() === new Date().toDateString();
      return (isToday ? time : dayAndTime).format(date);
    },
    plural: (value, forms) => (plurals.select(value) === 'one' ? forms.one : forms.other),
    list: (items) => lists.format(items),
  };
}

function stepped(
  value: number,
  steps: readonly (readonly [number, string])[],
  format: Intl.NumberFormat,
): string | null {
  for (const [size, name] of steps) {
    // 999,999 reads as 1 M, not as 1,000 k.
    if (Math.abs(value) >= size * 0.9995) return format.format(value / size) + name;
  }
  return null;
}
