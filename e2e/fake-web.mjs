// Loaded before the program in stories about links: every name leads to a server of the story, as the web would.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const port = process.env['GRAFT_STORY_WEB'];
const real = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = new URL(input);
  const headers = new Headers(init?.headers);
  headers.set('x-asked', url.href);
  return real(`http://127.0.0.1:${port}/`, { ...init, headers });
};
dns.promises.lookup = async () => [{ address: '93.184.216.34', family: 4 }];
syncBuiltinESMExports();
