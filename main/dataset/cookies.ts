/** The cookies of one download: each goes back only to where it came from, over https, and none is kept. */
export class Cookies {
  #all = new Map<string, { name: string; value: string; host: string; hasSubdomains: boolean }>();

  /** Takes over what an answer set. */
  take(headers: Headers, { hostname }: URL): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const equals = pair.indexOf('=');
      if (equals < 1) continue;
      const domain = attributes.map((part) => /^domain=\.?(.+)$/i.exec(part)?.[1]?.toLowerCase()).findLast(Boolean);
      // A cookie for all of `.com` would go to strangers; a longer public suffix is no harm, for as long as it lives.
      if (domain !== undefined && !(domain.includes('.') && belongs(hostname, domain))) continue;
      const cookie = { name: pair.slice(0, equals), value: pair.slice(equals + 1), host: domain ?? hostname };
      const key = `${cookie.host} ${cookie.name}`;
      if (attributes.some((part) => /^max-age=(0|-\d+)$/i.test(part))) this.#all.delete(key);
      else this.#all.set(key, { ...cookie, hasSubdomains: domain !== undefined });
    }
  }

  /** The header for a request; empty when there are none for it. */
  header({ protocol, hostname }: URL): string {
    if (protocol !== 'https:') return '';
    return [...this.#all.values()]
      .filter(({ host, hasSubdomains }) => (hasSubdomains ? belongs(hostname, host) : hostname === host))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** The value of the first cookie whose name begins so. */
  find(prefix: string): string | null {
    return [...this.#all.values()].find(({ name }) => name.startsWith(prefix))?.value ?? null;
  }
}

const belongs = (hostname: string, domain: string): boolean => hostname === domain || hostname.endsWith(`.${domain}`);
