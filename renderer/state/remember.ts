type What = 'dataset' | 'upload' | 'theme' | 'language';

/** Keeps a small convenience of this window between visits; what matters lies with the backend. */
export function remember(what: What, value: string | null): void {
  if (value === null) localStorage.removeItem(`graft.${what}`);
  else localStorage.setItem(`graft.${what}`, value);
}

/** What `remember` kept, or null. */
export function recall(what: What): string | null {
  return localStorage.getItem(`graft.${what}`);
}
