import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { EventClient } from './event-client.ts';
import { EventLog, type LogEntry } from './event-log.ts';
import { openDoor, request, sendRaw, upgradeHeaders, type Door } from '../../testing/web-door.ts';

type Message = { seq?: number; reset?: true };

/** Opens the events as a script does. */
async function listen(
  door: Door,
  query = '',
): Promise<{ socket: WebSocket; messages: Message[]; closed: Promise<number> }> {
  const socket = new WebSocket(`ws://127.0.0.1:${door.server.port}/api/events${query}`, { headers: door.bearer });
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, messages, closed };
}
const epoch = (seq: number): { seq: number; event: string; data: unknown } => ({
  seq,
  event: 'run.epoch',
  data: { runId: 'r' },
});
const seqs = (messages: Message[]): unknown[] => messages.map((message) => message.seq);

describe('the events', () => {
  it('arrive in every window, in order', async () => {
    const door = await openDoor();
    const windows = [await listen(door), await listen(door)];
    for (let seq = 1; seq <= 50; seq++) door.backend.emit(epoch(seq));
    for (const { messages } of windows)
      await vi.waitFor(() => expect(seqs(messages)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1)));
  });

  it('that a window missed come again', async () => {
    const door = await openDoor();
    for (let seq = 1; seq <= 5; seq++) door.backend.emit(epoch(seq));
    const { messages } = await listen(door, '?since=2');
    door.backend.emit(epoch(6));
    await vi.waitFor(() => expect(seqs(messages)).toEqual([3, 4, 5, 6]));
  });

  it('that nobody has any more are said to be lost', async () => {
    const door = await openDoor();
    for (let seq = 1; seq <= 6000; seq++) door.backend.emit(epoch(seq));
    const { messages } = await listen(door, '?since=2');
    await vi.waitFor(() => expect(messages).toEqual([{ reset: true, seq: 6000 }]));
  });

  it('of an earlier start are said to be lost', async () => {
    const door = await openDoor();
    const { messages } = await listen(door, '?since=70');
    await vi.waitFor(() => expect(messages).toEqual([{ reset: true, seq: 0 }]));
  });

  it.each(['?since=x', '?since=-1', '?since=1&since=2', '?since='])('take no other number: %s', async (query) => {
    const door = await openDoor();
    await expect(listen(door, query)).rejects.toThrow('400');
  });

  it('are at one address', async () => {
    const { server, bearer } = await openDoor();
    const headers = [
      ['host', `127.0.0.1:${server.port}`],
      ['authorization', bearer['authorization']!],
    ] as const;
    for (const target of ['/', '/api/events/', '/api/../api/events', '/api/call/app.info']) {
      const answer = await sendRaw(server.port, request(target, 'GET', [...headers, ...upgradeHeaders]));
      expect(answer.status).toBe(400);
    }
  });

  it('go to 32 windows and no more', async () => {
    const door = await openDoor();
    const windows = await Promise.all(Array.from({ length: 32 }, () => listen(door)));
    await expect(listen(door)).rejects.toThrow('503');
    windows[0]!.socket.close();
    await vi.waitFor(async () => void (await listen(door)));
  });

  it('end for a window that sends a frame of 2 MB, and for no other', async () => {
    const door = await openDoor();
    const [loud, quiet] = [await listen(door), await listen(door)];
    loud.socket.send(Buffer.alloc(2 * 1024 * 1024));
    expect(await loud.closed).toBe(1009);
    door.backend.emit(epoch(1));
    await vi.waitFor(() => expect(seqs(quiet.messages)).toEqual([1]));
  });

  it('go on under 10,000 pings of one window', async () => {
    const door = await openDoor();
    const [loud, quiet] = [await listen(door), await listen(door)];
    for (let i = 0; i < 10_000; i++) loud.socket.ping();
    door.backend.emit(epoch(1));
    await vi.waitFor(() => expect(seqs(quiet.messages)).toEqual([1]), { timeout: 5000 });
  });

  it('end politely when the server does', async () => {
    const door = await openDoor();
    const { closed } = await listen(door);
    await door.server.close();
    expect([1001, 1006]).toContain(await closed);
  });
});

describe('a slow window', () => {
  /** A socket that reads nothing until told. */
  function slowSocket(): { socket: WebSocket; sent: number[]; drain: () => void; closed: () => number | null } {
    const sent: number[] = [];
    const waiting: (() => void)[] = [];
    let code: number | null = null;
    const socket = {
      readyState: WebSocket.OPEN as number,
      bufferedAmount: 0,
      on: () => undefined,
      terminate: () => undefined,
      close(given: number) {
        code = given;
        this.readyState = WebSocket.CLOSING;
      },
      send(text: string, done: () => void) {
        this.bufferedAmount += text.length;
        sent.push(Number(text.split(' ')[0]));
        waiting.push(() => ((this.bufferedAmount -= text.length), done()));
      },
    };
    const drain = (): void => {
      for (let next = waiting.shift(); next; next = waiting.shift()) next();
    };
    return { socket: socket as unknown as WebSocket, sent, drain, closed: () => code };
  }
  const entry = (seq: number, replaces: string | null, size: number): LogEntry => ({
    seq,
    replaces,
    text: `${seq} `.padEnd(size),
  });
  const kilobytes = 1024;

  it('gets every epoch and the latest progress, in order', () => {
    const { socket, sent, drain } = slowSocket();
    const client = new EventClient(socket);
    client.send(entry(1, null, 1100 * kilobytes));
    for (let seq = 2; seq <= 100; seq++) client.send(entry(seq, seq % 10 === 0 ? null : 'run.progress r', kilobytes));
    expect(sent).toEqual([1]);
    drain();
    expect(sent).toEqual([1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99, 100]);
  });

  it('is let go above 8 MB, to come back and ask for what it missed', () => {
    const { socket, closed } = slowSocket();
    const client = new EventClient(socket);
    for (let seq = 1; seq <= 79; seq++) client.send(entry(seq, null, 100 * kilobytes));
    expect(closed()).toBeNull();
    for (let seq = 80; seq <= 90; seq++) client.send(entry(seq, null, 100 * kilobytes));
    expect(closed()).toBe(1013);
  });

  it('costs no more than that when only progress is announced', () => {
    const { socket, closed } = slowSocket();
    const client = new EventClient(socket);
    for (let seq = 1; seq <= 100_000; seq++) client.send(entry(seq, 'run.progress r', 10 * kilobytes));
    expect(closed()).toBeNull();
  });
});

describe('EventLog', () => {
  it('is bounded in size as well', () => {
    const log = new EventLog();
    for (let seq = 1; seq <= 100; seq++) log.add({ seq, event: 'run.epoch', data: 'x'.repeat(100_000) } as never);
    expect(log.since(1)).toBeNull();
    expect(log.since(90)!.map((entry) => entry.seq)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
  });

  it('starts where it began to listen', () => {
    const log = new EventLog();
    log.add({ seq: 41, event: 'run.epoch', data: {} } as never);
    expect([log.since(39), log.since(40)?.length, log.since(41)?.length, log.since(42)]).toEqual([null, 1, 0, null]);
  });
});

describe('slow connections', () => {
  it('are closed, and hold up nobody', async () => {
    const door = await openDoor({ limits: { headersMs: 1500 } });
    const open = Array.from({ length: 200 }, (_, i) => {
      const socket = connect(door.server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      if (i % 2 === 0) socket.write('GET / HTTP/1.1\r\nhost: 127'); // the rest sends nothing at all
      return new Promise<void>((resolve) => socket.on('close', () => resolve()).resume());
    });
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const start = performance.now();
      expect((await fetch(door.server.url, { headers: door.bearer })).status).toBe(200);
      times.push(performance.now() - start);
    }
    expect(times.sort((a, b) => a - b)[56]).toBeLessThan(100);
    await Promise.all(open);
  });

  it('are closed when a body stops to come', async () => {
    const door = await openDoor({ limits: { idleMs: 300 } });
    const headers = [
      ['host', `127.0.0.1:${door.server.port}`],
      ['authorization', door.bearer['authorization']!],
      ['content-length', '1000'],
    ] as const;
    const start = performance.now();
    await sendRaw(door.server.port, `${request('/api/pictures?name=a', 'POST', headers)}x`, 20_000).catch(
      () => undefined,
    );
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('are none while the backend works', async () => {
    const door = await openDoor({ limits: { idleMs: 200 } });
    let finish: () => void = () => undefined;
    const work = new Promise<void>((resolve) => (finish = resolve));
    door.backend.call = async () => {
      await work;
      return { ok: true, value: 'late' };
    };
    const body = JSON.stringify({});
    const answer = fetch(`${door.server.url}api/call/run.evaluate`, {
      method: 'POST',
      headers: { ...door.bearer, 'content-type': 'application/json' },
      body,
    });
    setTimeout(finish, 900);
    expect(await (await answer).json()).toEqual({ ok: true, value: 'late' });
  });
});
