import type { GraftError } from '../contract/errors.ts';
import { en } from './en/index.ts';
import type { Language } from './format.ts';
import { ko } from './ko/index.ts';

export type { Formats, Language } from './format.ts';
/** Every sentence a person reads. English is the type; the others must say as much. */
export type Words = typeof en;

const catalogues: Record<Language, Words> = { en, ko };

/** The catalogue of a language. */
export function wordsFor(language: Language): Words {
  return catalogues[language];
}

/** The languages, each by its own name. */
export const languageNames: Record<Language, string> = { en: 'English', ko: '한국어' };

export function isLanguage(value: unknown): value is Language {
  return value === 'en' || value === 'ko';
}

/** The sentence of an error: what happened, what was expected, what to do. */
export function errorSentence(error: GraftError, language: Language = 'en'): string {
  return wordsFor(language).error(error);
}
