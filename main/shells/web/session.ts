import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const launchMs = 60_000;
const sessionMs = 7 * 24 * 3_600_000; // since the last request

/** Makes a token of 256 random bits that fits in an address and a cookie. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

export interface SessionOptions {
  /** Token that scripts send as `Authorization: Bearer`; none: no script gets in. */
  token?: string | undefined;
  /** The launch token stays valid until it is used, instead of for a minute. */
  launchHolds?: boolean | undefined;
  now?: (() => number) | undefined;
}

/** Knows which tokens open the door. Keeps only their SHA-256, and compares in constant time. */
export class Sessions {
  #now: () => number;
  #launchHolds: boolean;
  #bearer: Buffer | null;
  #launch: { digest: Buffer; until: number } | null = null;
  #sessions: { digest: Buffer; until: number }[] = [];

  constructor(options: SessionOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.#launchHolds = options.launchHolds ?? false;
    this.#bearer = options.token === undefined ? null : digest(options.token);
  }

  /** Makes the launch token; the one before it stops to work. */
  newLaunchToken(): string {
    const token = newToken();
    this.#launch = { digest: digest(token), until: this.#launchHolds ? Infinity : this.#now() + launchMs };
    return token;
  }

  /** Trades the launch token, once, for a session token; null when it is wrong, used or too old. */
  redeem(token: string): string | null {
    const launch = this.#launch;
    if (launch === null || !timingSafeEqual(digest(token), launch.digest)) return null;
    this.#launch = null;
    if (this.#now() > launch.until) return null;
    const session = newToken();
    this.#sessions.push({ digest: digest(session), until: this.#now() + sessionMs });
    return session;
  }

  /** Tells whether a cookie is a living session, and if so lets it live on. */
  isSession(token: string): boolean {
    this.#sessions = this.#sessions.filter((session) => session.until >= this.#now());
    const given = digest(token);
    const found = this.#sessions.filter((session) => timingSafeEqual(given, session.digest));
    for (const session of found) session.until = this.#now() + sessionMs;
    return found.length > 0;
  }

  isBearer(token: string): boolean {
    return this.#bearer !== null && timingSafeEqual(digest(token), this.#bearer);
  }
}

/** Counts wrong tokens, by who sent them: after ten within a minute the next has to wait. */
export class Attempts {
  static readonly limit = 10;
  static readonly windowMs = 60_000;
  #failures = new Map<string, number[]>();
  #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Seconds until `who` may try again; 0: now. */
  retryAfterS(who: string): number {
    const recent = this.#recent(who);
    if (recent.length < Attempts.limit) return 0;
    return Math.max(1, Math.ceil((recent[0]! + Attempts.windowMs - this.#now()) / 1000));
  }

  failed(who: string): void {
    const recent = [...this.#recent(who), this.#now()].slice(-Attempts.limit);
    this.#failures.delete(who);
    this.#failures.set(who, recent);
    // Many addresses must not fill the memory: the one that was quiet longest is forgotten.
    if (this.#failures.size > 1000) this.#failures.delete(this.#failures.keys().next().value!);
  }

  #recent(who: string): number[] {
    return (this.#failures.get(who) ?? []).filter((at) => at > this.#now() - Attempts.windowMs);
  }
}
