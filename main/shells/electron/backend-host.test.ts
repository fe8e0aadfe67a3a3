import { describe, expect, it, vi } from 'vitest';
import { GraftError } from '../../../contract/errors.ts';
import type { Backend, BackendOptions, WorkerProcess } from '../../backend/backend.ts';
import { workerChannel, type WorkerHost } from '../../workers/channel.ts';
import { createBackendHost } from './backend-host.ts';
import { fakeChannel, FakeProcess } from './fake-process.ts';
import type { Port } from './messages.ts';
import { serveBackend } from './serve-backend.ts';

/** Main, a backend and its workers in one process, joined as in the app. */
function start(make?: (options: BackendOptions) => Promise<Backend>) {
  const processes: FakeProcess[] = [];
  const killed: number[] = [];
  const events: unknown[] = [];
  const deaths: { signal: string; isBack: boolean }[] = [];
  const clock = { now: 0 };
  let options: BackendOptions | undefined;
  let announce: (message: never) => void = () => undefined;
  const backend = {
    call: vi.fn(async (method: string, input: unknown) => ({ ok: true as const, value: { method, input } })),
    subscribe: (listener: (message: never) => void) => ((announce = listener), () => undefined),
    thumbnail: vi.fn(async () => new Uint8Array([7, 8])),
    receivePicture: vi.fn(async (name: string, bytes: AsyncIterable<Uint8Array>) => {
      const pieces: number[] = [];
      for await (const piece of bytes) pieces.push(...piece);
      return { imageId: `p.${pieces.join('')}`, name };
    }),
    exportFolder: vi.fn(async (exportId: string): Promise<string> =>
      Promise.reject(new GraftError('export-not-found', { exportId })),
    ),
    close: vi.fn(async () => undefined),
  };
  const host = createBackendHost<Port>({
    home: '/home/graft',
    assets: '/assets',
    platform: 'linux',
    fork(entry, env) {
      const child = new FakeProcess(entry, env);
      processes.push(child);
      if (entry === 'backend')
        serveBackend(child.parentPort, make ?? (async (given) => ((options = given), backend as unknown as Backend)));
      return child;
    },
    channel: fakeChannel,
    killNow: (pid) => killed.push(pid),
    now: () => clock.now,
    onEvent: (message) => events.push(message),
    onDeath: (facts) => deaths.push(facts),
  });
  const spawn = async (
    ...args: Parameters<BackendOptions['spawnWorker']>
  ): Promise<{ worker: WorkerProcess; process: FakeProcess }> => {
    await host.call('settings.get', {}); // the backend is made
    const worker = options?.spawnWorker(...args) as WorkerProcess;
    return { worker, process: processes.at(-1) as FakeProcess };
  };
  return {
    host,
    backend,
    processes,
    killed,
    events,
    deaths,
    clock,
    spawn,
    options: () => options,
    announce: (message: unknown) => announce(message as never),
  };
}
const dead = (signal: string) => ({ ok: false, error: { code: 'worker-died', params: { what: 'backend', signal } } });

describe('createBackendHost', () => {
  it('pairs each question with its reply', async () => {
    const { host, options } = start();
    const replies = await Promise.all([host.call('run.list', {}), host.call('run.get', { runId: 'r' })]);
    expect(replies).toEqual([
      { ok: true, value: { method: 'run.list', input: {} } },
      { ok: true, value: { method: 'run.get', input: { runId: 'r' } } },
    ]);
    expect(options()).toMatchObject({ home: '/home/graft', assets: '/assets', roots: null });
  });

  it('brings a thumbnail’s bytes and an export’s error', async () => {
    const { host } = start();
    expect(await host.thumbnail('i', 64)).toEqual({ ok: true, value: new Uint8Array([7, 8]) });
    expect(await host.exportFolder('e')).toEqual({
      ok: false,
      error: { code: 'export-not-found', params: { exportId: 'e' } },
    });
  });

  it('hands a picture’s bytes in', async () => {
    const { host } = start();
    expect(await host.receivePicture('cam.jpg', new Uint8Array([4, 2]))).toEqual({
      ok: true,
      value: { imageId: 'p.42', name: 'cam.jpg' },
    });
  });

  it('hands announcements on', async () => {
    const { host, announce, events } = start();
    await host.call('run.list', {});
    announce({ seq: 1, event: 'run.ended', data: {} });
    expect(events).toEqual([{ seq: 1, event: 'run.ended', data: {} }]);
  });

  it('answers every call with the reason when the backend cannot be made', async () => {
    const { host } = start(() => Promise.reject(new GraftError('disk-full', { path: '/home/graft' })));
    expect(await host.call('run.list', {})).toEqual({
      ok: false,
      error: { code: 'disk-full', params: { path: '/home/graft' } },
    });
  });

  it('answers with a typed error what cannot be sent', async () => {
    const { host } = start();
    expect(await host.call('run.get', { runId: () => 1 })).toMatchObject({
      ok: false,
      error: { code: 'invalid-input', params: { method: 'run.get' } },
    });
  });

  it('answers open calls when the backend dies, starts it again and says so', async () => {
    const { host, backend, processes, deaths } = start();
    backend.call.mockReturnValueOnce(new Promise(() => undefined));
    const open = host.call('run.get', { runId: 'r' });
    processes[0]?.exit(11);
    expect(await open).toEqual(dead('SIGSEGV'));
    expect(deaths).toEqual([{ signal: 'SIGSEGV', isBack: true }]);
    expect(processes.map(({ entry }) => entry)).toEqual(['backend', 'backend']);
    expect((await host.call('run.list', {})).ok).toBe(true);
  });

  it('gives up after four deaths in a minute, and not after four in an hour', async () => {
    for (const [apartMs, isBack] of [
      [1000, false],
      [60_000, true],
    ] as const) {
      const { host, processes, deaths, clock } = start();
      for (let death = 1; death <= 4; death++) {
        clock.now += apartMs;
        processes.at(-1)?.exit(1);
        await vi.waitFor(() => expect(deaths).toHaveLength(death));
      }
      expect(deaths.map((facts) => facts.isBack)).toEqual([true, true, true, isBack]);
      expect((await host.call('run.list', {})).ok).toBe(isBack);
    }
  });

  it('lets the backend close, then ends it, and does not start it again', async () => {
    const { host, backend, processes, killed, deaths } = start();
    processes[0]?.spawned(50);
    await host.close(5000);
    expect(backend.close).toHaveBeenCalledOnce();
    expect(killed).toEqual([50]);
    processes[0]?.exit(9);
    await new Promise(setImmediate);
    expect(deaths).toEqual([]);
    expect(processes).toHaveLength(1);
  });

  it('does not wait for ever for a backend that hangs', async () => {
    const { host, backend, processes, killed } = start();
    backend.close.mockReturnValueOnce(new Promise(() => undefined));
    processes[0]?.spawned(51);
    await host.close(10);
    expect(killed).toEqual([51]);
  });
});

describe('createWorkerSpawner', () => {
  it('joins backend and worker, both ways and in order, past main', async () => {
    const { spawn, processes } = start();
    const { worker, process } = await spawn('trainer', { GRAFT_THREADS: '2' });
    expect([process.entry, process.env]).toEqual(['trainer', { GRAFT_THREADS: '2' }]);
    const atWorker: unknown[] = [];
    const atBackend: unknown[] = [];
    const channel = workerChannel({ parentPort: process.parentPort } as unknown as WorkerHost);
    channel.send('early');
    channel.onMessage((message) => atWorker.push(message));
    worker.onMessage((message) => atBackend.push(message));
    worker.send('one');
    worker.send(new Uint8Array([1, 2]));
    await vi.waitFor(() => expect(atWorker).toEqual(['one', new Uint8Array([1, 2])]));
    channel.send({ done: true });
    await vi.waitFor(() => expect(atBackend).toEqual(['early', { done: true }]));
    expect(process.received).toEqual([{ kind: 'connect' }]);
    expect(processes[0]?.received.filter((message) => JSON.stringify(message).includes('done'))).toEqual([]);
  });

  it('tells the process’s number once it has one', async () => {
    const { spawn } = start();
    const { worker, process } = await spawn('media', {});
    expect(worker.pid).toBeUndefined();
    process.spawned(77);
    await vi.waitFor(() => expect(worker.pid).toBe(77));
  });

  it('reports a worker that died, once, and to a late listener too', async () => {
    const { spawn } = start();
    const { worker, process } = await spawn('trainer', {});
    const onExit = vi.fn();
    worker.onExit(onExit);
    process.exit(139);
    await vi.waitFor(() => expect(onExit).toHaveBeenCalledWith(null, 'SIGSEGV'));
    expect(onExit).toHaveBeenCalledOnce();
    const late = vi.fn();
    worker.onExit(late);
    expect(late).toHaveBeenCalledWith(null, 'SIGSEGV');
    expect(() => worker.send('into the void')).not.toThrow();
  });

  it('ends a worker at once when asked to, and all when the backend dies', async () => {
    const { spawn, killed, processes } = start();
    const first = await spawn('trainer', {});
    first.process.spawned(101);
    first.worker.kill();
    expect(killed).toEqual([101]);
    const second = await spawn('media', {});
    second.process.spawned(102);
    processes[0]?.exit(9);
    await vi.waitFor(() => expect(killed).toContain(102));
  });
});
