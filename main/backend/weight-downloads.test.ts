import { copyFileSync, existsSync, readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Client } from '../../contract/client.ts';
import type { EventData } from '../../contract/contract.ts';
import { hasSharedData, sharedData, testBackend } from '../testing/backend.ts';
import { temporaryFolder } from '../testing/temporary.ts';

const backboneId = 'mobilenet-v2-0.35';
const name = 'mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5';
const realFile = path.join(sharedData, 'weights', name);

async function backendWith(mirror: string) {
  vi.stubEnv('GRAFT_WEIGHTS_MIRROR', mirror);
  onTestFinished(() => void vi.unstubAllEnvs());
  return testBackend();
}

/** Starts a download and waits for its end. */
async function downloaded(client: Client): Promise<EventData<'job.ended'>> {
  const endings: EventData<'job.ended'>[] = [];
  let told = () => {};
  const unsubscribe = client.on('job.ended', (ending) => {
    endings.push(ending);
    told();
  });
  const { jobId } = await client.call('weights.download', { backboneId });
  for (;;) {
    const ending = endings.find((each) => each.jobId === jobId);
    if (ending) {
      unsubscribe();
      return ending;
    }
    await new Promise<void>((resolve) => (told = resolve));
  }
}
const weightsOf = async (client: Client) =>
  (await client.call('backbone.list', {})).find(({ id }) => id === backboneId)!.weights;

/** A mirror that answers everything in one way. */
async function mirrorServer(
  answer: (response: ServerResponse) => void,
): Promise<{ url: string; responses: ServerResponse[] }> {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => {
    responses.push(response);
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, responses };
}

describe('weights.download', () => {
  it.skipIf(!hasSharedData)(
    'fetches the weights, says how far it is, takes them in, and leaves no download',
    async () => {
      const mirror = await temporaryFolder();
      copyFileSync(realFile, path.join(mirror, name));
      const { client, home } = await backendWith(mirror);
      const seen: number[] = [];
      client.on('weights.progress', ({ receivedBytes }) => seen.push(receivedBytes));
      expect(await downloaded(client)).toMatchObject({ error: null });
      expect(await weightsOf(client)).toMatchObject({ state: 'imported', download: null });
      expect(seen).toEqual([0, 2_030_536]);
      expect(readdirSync(path.join(home, 'weights')).sort()).toEqual([
        `${backboneId}.json`,
        `${backboneId}.safetensors`,
      ]);
      expect(existsSync(path.join(mirror, name))).toBe(true);
      expect((await client.call('weights.verify', { backboneId })).weights.state).toBe('imported');
      expect(await downloaded(client)).toMatchObject({ error: null }); // what is here is kept
      expect(seen).toHaveLength(2);
    },
  );

  it('is shared by all who ask, is told to a window that opens late, and is cancelled without an error', async () => {
    const { url, responses } = await mirrorServer((response) => {
      response.writeHead(200, { 'content-length': 5000, etag: '"1"' });
      response.write(Buffer.alloc(1000)); // and then nothing
    });
    const { client } = await backendWith(url);
    const progress = new Promise<EventData<'weights.progress'>>((resolve) => client.on('weights.progress', resolve));
    const jobs: EventData<'job.ended'>[] = [];
    client.on('job.ended', (ending) => jobs.push(ending));
    const [one, other] = await Promise.all([
      client.call('weights.download', { backboneId }),
      client.call('weights.download', { backboneId }),
    ]);
    expect(other).toEqual(one);
    expect(await progress).toEqual({ backboneId, receivedBytes: 0, totalBytes: 5000 });
    expect(await weightsOf(client)).toMatchObject({ state: 'missing', download: { totalBytes: 5000 } });
    await client.call('weights.cancel', { backboneId });
    expect(jobs).toEqual([{ jobId: one.jobId, error: null }]);
    expect(await weightsOf(client)).toMatchObject({ state: 'missing', download: null });
    expect(responses).toHaveLength(1);
    await client.call('weights.cancel', { backboneId }); // nothing runs: nothing happens
  });

  it('says why it failed, and keeps no file that is no weights', async () => {
    let status = 404;
    const { url } = await mirrorServer((response) => response.writeHead(status).end('no weights'));
    const { client, home } = await backendWith(url);
    expect((await downloaded(client)).error).toEqual({
      code: 'download-failed',
      params: { url: `${url}/${name}`, problem: 'the server answered 404' },
    });
    status = 200;
    expect((await downloaded(client)).error).toMatchObject({ code: 'weights-not-readable' });
    expect(readdirSync(path.join(home, 'weights', 'downloads'))).toEqual([]);
    expect(await weightsOf(client)).toMatchObject({ state: 'missing', download: null });
  });

  it('knows no other backbones', async () => {
    const { client } = await backendWith(await temporaryFolder());
    for (const method of ['weights.download', 'weights.cancel'] as const)
      await expect(client.call(method, { backboneId: '../x' })).rejects.toMatchObject({ code: 'backbone-not-found' });
  });
});
