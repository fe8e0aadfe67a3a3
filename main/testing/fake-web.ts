import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { realNetwork, type Network } from '../dataset/ask.ts';

export interface Request {
  /** As it was asked for, before it was led to the server of the test. */
  url: URL;
  headers: IncomingHttpHeaders;
  index: number;
}
export type Site = (request: Request, response: ServerResponse) => void;

/** The web, played by a server on this machine: every name leads to it, but is looked up and spelled as a real one. */
export async function fakeWeb(site: Site): Promise<{ network: Network; requests: Request[] }> {
  const requests: Request[] = [];
  const listening = createServer(({ headers }, response) => {
    const request = { url: new URL(headers['x-asked'] as string), headers, index: requests.length };
    requests.push(request);
    site(request, response);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const { port } = listening.address() as AddressInfo;
  const network: Network = {
    ...realNetwork,
    fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('x-asked', input as string);
      return fetch(`http://127.0.0.1:${port}/`, { ...init, headers });
    },
    resolve: async (host) => {
      if (/(^|\.)localhost\.?$/.test(host)) return ['127.0.0.1', '::1'];
      return [host === 'inside.example' ? '10.0.0.7' : '93.184.216.34'];
    },
    stallMs: 1000,
    retryDelaysMs: [1, 1],
  };
  return { network, requests };
}
