import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { errorParams, GraftError, type Reply } from '../../../contract/errors.ts';
import { shellMethods, type ShellHandlers } from '../../../contract/shell.ts';
import { channels, createRelay, isOurs, type OurWindow, type Sent } from './relay.ts';

const contents = {};
const window: OurWindow = { webContents: contents, isDestroyed: () => false };
const ours: Sent = { sender: contents, senderFrame: { url: 'app://graft/index.html', parent: null } };
const gone = {
  get url(): string {
    throw new Error('Render frame was disposed before WebFrameMain could be accessed');
  },
  parent: null,
};
const foreign: [string, Sent, OurWindow | null][] = [
  ['a frame inside our page', { sender: contents, senderFrame: { url: 'app://graft/index.html', parent: {} } }, window],
  [
    'our window on a foreign page',
    { sender: contents, senderFrame: { url: 'https://evil.org/', parent: null } },
    window,
  ],
  [
    'our window on a page that is named alike',
    { sender: contents, senderFrame: { url: 'app://graft.evil/', parent: null } },
    window,
  ],
  ['our window on an empty page', { sender: contents, senderFrame: { url: 'about:blank', parent: null } }, window],
  ['other web contents', { sender: {}, senderFrame: { url: 'app://graft/index.html', parent: null } }, window],
  ['a frame that has navigated away', { sender: contents, senderFrame: null }, window],
  ['a frame that is gone', { sender: contents, senderFrame: gone }, window],
  ['a window that is destroyed', ours, { webContents: contents, isDestroyed: () => true }],
  ['no window', ours, null],
];

function relayFor(of: OurWindow | null = window) {
  const call = vi.fn(async (method: string, input: unknown): Promise<Reply<unknown>> => ({
    ok: true,
    value: [method, input],
  }));
  const shell: ShellHandlers = {
    'shell.info': vi.fn(async () => ({
      kind: 'electron' as const,
      platform: 'linux',
      canPickFolder: true,
      canAddPath: true,
      canReveal: true,
      homeHint: '/h',
    })),
    'shell.pickFolder': vi.fn(async () => '/f'),
    'shell.pickFile': vi.fn(async () => ['/f']),
    'shell.reveal': vi.fn(async () => null),
    'shell.openExternal': vi.fn(async () => null),
    'shell.progress': vi.fn(async () => null),
    'shell.list': vi.fn(async () => ({ path: null, parent: null, entries: [], numMore: 0, numPictures: 0 })),
  };
  const logged = vi.fn(() => 'abcd');
  return { relay: createRelay({ window: () => of, call, shell, logged }), call, shell, logged };
}
const isTyped = (reply: Reply<unknown>) =>
  reply.ok ||
  (errorParams as Record<string, { safeParse(v: unknown): { success: boolean } }>)[reply.error.code]?.safeParse(
    reply.error.params,
  ).success === true;

describe('isOurs', () => {
  it('knows the main frame of our window on our page', () => {
    expect(isOurs(ours, window)).toBe(true);
  });
});

describe('createRelay', () => {
  for (const channel of ['call', 'shell'] as const)
    it.each(foreign)(
      `answers ${channels[channel]} from %s with not-authorised and does nothing`,
      async (_who, event, of) => {
        const { relay, call, shell } = relayFor(of);
        expect(await relay[channel](event, channel === 'call' ? 'run.list' : 'shell.info', {})).toEqual({
          ok: false,
          error: { code: 'not-authorised', params: {} },
        });
        expect(call).not.toHaveBeenCalled();
        for (const handler of Object.values(shell)) expect(handler).not.toHaveBeenCalled();
      },
    );

  it('hands a call of our window to the backend as it is', async () => {
    const { relay } = relayFor();
    expect(await relay.call(ours, 'run.get', { runId: 'r' })).toEqual({ ok: true, value: ['run.get', { runId: 'r' }] });
  });

  it('answers 1,000 odd requests on each channel with a value or a typed error, and never throws', async () => {
    const { relay, shell } = relayFor();
    const method = fc.oneof(
      fc.anything(),
      fc.string(),
      fc.constantFrom(...Object.keys(shellMethods), '__proto__', 'constructor', 'toString', 'hasOwnProperty'),
    );
    for (const channel of ['call', 'shell'] as const)
      await fc.assert(
        fc.asyncProperty(
          method,
          fc.anything({
            withBigInt: true,
            withDate: true,
            withMap: true,
            withNullPrototype: true,
            withTypedArray: true,
          }),
          async (name, input) => {
            expect(isTyped(await relay[channel](ours, name, input))).toBe(true);
          },
        ),
        { numRuns: 1000 },
      );
    expect(shell['shell.openExternal']).not.toHaveBeenCalled();
  });

  it('says which field of a shell method is wrong', async () => {
    const { relay, shell } = relayFor();
    const reply = await relay.shell(ours, 'shell.progress', { fraction: 2 });
    expect(reply).toMatchObject({
      ok: false,
      error: { code: 'invalid-input', params: { method: 'shell.progress', field: 'fraction' } },
    });
    expect(shell['shell.progress']).not.toHaveBeenCalled();
  });

  it('turns what a shell method throws into its code, and a bug into internal', async () => {
    const { relay, shell, logged } = relayFor();
    vi.mocked(shell['shell.reveal']).mockRejectedValueOnce(new GraftError('export-not-found', { exportId: 'e' }));
    expect(await relay.shell(ours, 'shell.reveal', { exportId: 'e' })).toEqual({
      ok: false,
      error: { code: 'export-not-found', params: { exportId: 'e' } },
    });
    vi.mocked(shell['shell.reveal']).mockRejectedValueOnce(new TypeError('x'));
    expect(await relay.shell(ours, 'shell.reveal', { exportId: 'e' })).toEqual({
      ok: false,
      error: { code: 'internal', params: { id: 'abcd' } },
    });
    expect(logged).toHaveBeenCalledOnce();
  });
});
