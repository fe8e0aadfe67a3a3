import { createContext } from 'svelte';
import type { Words } from '../../strings/index.ts';

/** The catalogue of the current language, for small components that get no `app`: call it where it is read. */
export const [getWords, setWords] = createContext<() => Words>();
