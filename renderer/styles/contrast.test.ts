import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(`${import.meta.dirname}/tokens.css`, 'utf8');
const themes = {
  light: css.slice(css.indexOf(':root {'), css.indexOf('@media (prefers-color-scheme')),
  dark: css.slice(css.indexOf(":root[data-theme='dark']"), css.indexOf('@media (max-width')),
};
const systemDark = css.slice(css.indexOf('@media (prefers-color-scheme'), css.indexOf(":root[data-theme='dark']"));

function color(theme: string, name: string): string {
  const found = new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(theme)?.[1];
  if (found === undefined) throw new Error(`no --${name}`);
  return found;
}

/** WCAG 2.2, relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

const text: [string, string][] = [
  ...['bg', 'surface', 'hover', 'accent-soft'].map((on): [string, string] => ['text', on]),
  ...['bg', 'surface', 'hover'].map((on): [string, string] => ['dim', on]),
  ['on-accent', 'accent'],
  ['on-accent', 'accent-hover'],
  ['accent', 'surface'],
  ['accent', 'bg'],
  ['accent', 'accent-soft'],
  ['frozen', 'frozen-soft'],
  ['frozen', 'surface'],
  ['trainable', 'trainable-soft'],
  ['trainable', 'surface'],
  ['gap', 'gap-soft'],
  ['gap', 'surface'],
  ['flatten-text', 'flatten-soft'],
  ['flatten-text', 'surface'],
  ['error', 'error-soft'],
  ['error', 'surface'],
  ['on-split', 'split-train'],
  ['on-split', 'split-validation'],
  ['on-split', 'split-test'],
];
const graphics: [string, string][] = [
  ['line-strong', 'surface'],
  ['gap', 'surface'],
  ['accent', 'bg'],
  ...['1', '2', '3', '4', '5', '6', '7', '8'].map((index): [string, string] => [`class-${index}`, 'surface']),
];

describe.each(Object.entries(themes))('tokens.css, %s', (_name, theme) => {
  it.each(text)('--%s on --%s carries text: 4.5 or more', (front, back) => {
    expect(contrast(color(theme, front), color(theme, back))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(graphics)('--%s on --%s carries a graphic: 3 or more', (front, back) => {
    expect(contrast(color(theme, front), color(theme, back))).toBeGreaterThanOrEqual(3);
  });
});

describe('tokens.css', () => {
  it('gives the same dark colours to those who ask for dark and to those whose system does', () => {
    const pairs = (part: string) => [...part.matchAll(/--[\w-]+: #[0-9a-f]+/g)].map(([pair]) => pair);
    expect(pairs(systemDark)).toEqual(pairs(themes.dark));
  });
});
