import type { Cookies } from './cookies.ts';
import { addressProblem, resolveHost, type AddressTrust, type Resolve } from './web-address.ts';

/** The network, and how patient we are with it. */
export interface Network {
  fetch: typeof fetch;
  resolve: Resolve;
  /** Without a byte for this long the connection counts as dead. */
  stallMs: number;
  /** Pauses before each further attempt; attempts that brought something do not count. */
  retryDelaysMs: readonly number[];
  /** A download that takes longer than this all in all is given up: a byte now and then keeps no connection for ever. */
  maxDurationMs: number;
}
export const realNetwork: Network = {
  fetch: (...request) => fetch(...request),
  resolve: resolveHost,
  stallMs: 30_000,
  retryDelaysMs: [500, 1500, 4000],
  maxDurationMs: 24 * 3_600_000,
};

const maxRedirects = 5;

/** Something between here and there went wrong. `mayPass`: another attempt may go better. */
export class Trouble extends Error {
  readonly mayPass: boolean;
  constructor(problem: string, mayPass: boolean, cause?: unknown) {
    super(problem, { cause });
    this.mayPass = mayPass;
  }
}

/** An address that may not be asked. */
export class AddressTrouble extends Trouble {}

/** An answer, and where it came from after all redirects. */
export interface Answer {
  response: Response;
  url: URL;
}

/** How a request is made. */
export interface Asking {
  headers: Headers;
  watch: StallWatch;
  network: Network;
}

/** Asks, and follows redirects as far as they are decent. @throws Trouble */
export async function ask(
  address: string,
  trust: AddressTrust,
  { headers, watch, network }: Asking,
  cookies?: Cookies,
): Promise<Answer> {
  if (!URL.canParse(address)) throw new AddressTrouble('it is not an address', false);
  const first = new URL(address);
  let url = first;
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const problem = await addressProblem(url, first, trust, network.resolve).catch(passing);
    if (problem !== null) throw new AddressTrouble(problem, false);
    const own = new Headers(headers);
    const cookie = cookies?.header(url);
    if (cookie) own.set('cookie', cookie);
    const response = await network
      .fetch(url.href, { headers: own, signal: watch.signal, redirect: 'manual' })
      .catch(passing);
    watch.sign();
    cookies?.take(response.headers, url);
    if (![301, 302, 303, 307, 308].includes(response.status)) return { response, url };
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    if (!URL.canParse(location, url.href))
      throw new AddressTrouble('it leads to something that is not an address', false);
    url = new URL(location, url);
  }
  throw new Trouble('it leads from one address to the next without end', false);
}

/** A failure of the network, told by its code. */
function passing(error: unknown): never {
  const { code, cause } = error as { code?: string; cause?: { code?: string; message?: string } };
  throw new Trouble(cause?.code ?? code ?? cause?.message ?? 'no connection', true, error);
}

/** Ends a request that has been silent for too long. */
export class StallWatch {
  readonly signal: AbortSignal;
  readonly #stall = new AbortController();
  readonly #timer: NodeJS.Timeout;
  constructor(signal: AbortSignal, stallMs: number) {
    this.signal = AbortSignal.any([signal, this.#stall.signal]);
    this.#timer = setTimeout(() => this.#stall.abort(), stallMs);
  }
  get isStalled(): boolean {
    return this.#stall.signal.aborted;
  }
  /** A sign of life. */
  sign(): void {
    if (!this.isStalled) this.#timer.refresh();
  }
  end(): void {
    clearTimeout(this.#timer);
  }
}
