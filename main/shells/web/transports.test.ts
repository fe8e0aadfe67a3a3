import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { transports } from '../../testing/transports.ts';
import { FakeBackend } from '../../testing/web-door.ts';

describe.each(transports)('over $name', ({ open }) => {
  it('a call, its answer and the events arrive as they were', async () => {
    const backend = new FakeBackend();
    const transport = await open(backend);
    onTestFinished(() => transport.close());
    const heard: unknown[] = [];
    const unsubscribe = transport.subscribe((message) => heard.push(message));
    expect(await transport.call('dataset.get', { datasetId: '고양이 #1' })).toEqual({
      ok: true,
      value: { method: 'dataset.get' },
    });
    expect(backend.calls).toEqual([{ method: 'dataset.get', input: { datasetId: '고양이 #1' } }]);
    const event = { seq: 1, event: 'run.epoch', data: { runId: 'r' } };
    backend.emit(event);
    await vi.waitFor(() => expect(heard).toEqual([event]));
    unsubscribe();
    backend.emit({ ...event, seq: 2 });
    await transport.call('app.info', {});
    expect(heard).toEqual([event]);
  });
});
