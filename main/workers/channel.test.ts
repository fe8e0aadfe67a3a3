import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { workerChannel, type WorkerHost } from './channel.ts';

const asHost = (host: object) => host as unknown as WorkerHost;
function fork() {
  return Object.assign(new EventEmitter(), { send: vi.fn(), connected: true });
}
function port() {
  return Object.assign(new EventEmitter(), { postMessage: vi.fn(), start: vi.fn() });
}

describe('workerChannel', () => {
  it('talks over the channel of a fork', () => {
    const host = fork();
    const channel = workerChannel(asHost(host));
    const heard = vi.fn();
    host.emit('message', 'before anybody listens');
    channel.onMessage(heard);
    host.emit('message', 'after');
    channel.send('hello');
    expect(heard.mock.calls).toEqual([['before anybody listens'], ['after']]);
    expect(host.send).toHaveBeenCalledWith('hello');
  });

  it('tells when the parent of a fork is gone, and sends nothing more', () => {
    const host = fork();
    const channel = workerChannel(asHost(host));
    const gone = vi.fn();
    channel.onParentGone(gone);
    host.connected = false;
    host.emit('disconnect');
    channel.send('anybody?');
    expect(gone).toHaveBeenCalledOnce();
    expect(host.send).not.toHaveBeenCalled();
  });

  it('talks over the first port that Electron’s main hands over', () => {
    const parentPort = new EventEmitter();
    const [first, second] = [port(), port()];
    const channel = workerChannel(asHost({ parentPort }));
    channel.send('early');
    parentPort.emit('message', { data: null, ports: [first] });
    parentPort.emit('message', { data: null, ports: [second] });
    const heard = vi.fn();
    channel.onMessage(heard);
    first.emit('message', { data: 7 });
    channel.send('late');
    expect(first.start).toHaveBeenCalledOnce();
    expect(first.postMessage.mock.calls).toEqual([['early'], ['late']]);
    expect(heard.mock.calls).toEqual([[7]]);
    expect(second.start).not.toHaveBeenCalled();
  });

  it('tells when the backend’s end of the port is gone, to a late listener too', () => {
    const parentPort = new EventEmitter();
    const line = port();
    const channel = workerChannel(asHost({ parentPort }));
    parentPort.emit('message', { data: null, ports: [line] });
    line.emit('close');
    const gone = vi.fn();
    channel.onParentGone(gone);
    expect(gone).toHaveBeenCalledOnce();
  });

  it('says so when it is started by hand', () => {
    expect(() => workerChannel(asHost(new EventEmitter()))).toThrow('nobody to talk to');
  });
});
