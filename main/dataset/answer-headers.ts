/** What makes sure that a later part is of the same version: a strong ETag, else the time of change. */
export function validatorOf({ headers }: Response): string | null {
  const etag = headers.get('etag');
  return etag?.startsWith('"') ? etag : headers.get('last-modified');
}

/** The size of the whole answer, in bytes; null when the server has not said it. */
export function lengthOf({ headers }: Response): number | null {
  const length = headers.get('content-length');
  return length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** Which part of a file this is, and of how many bytes; null when it is no part. */
export function contentRange({ headers }: Response): { start: number | null; total: number | null } | null {
  const found = /^bytes (?:(\d{1,15})-\d+|\*)\/(?:(\d{1,15})|\*)$/.exec(headers.get('content-range') ?? '');
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return found && { start: number(found[1]), total: number(found[2]) };
}
