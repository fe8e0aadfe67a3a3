import { describe, expect, it, vi } from 'vitest';
import { externalHosts } from '../../../contract/shell.ts';
import { guardNavigation, isExternalUrl, isOwnUrl, type Guarded } from './navigation.ts';

const foreign = [
  'http://graft/',
  'https://graft/index.html',
  'http://127.0.0.1:5173/',
  'http://localhost/',
  'https://example.com/app://graft/',
  'https://arxiv.org/abs/1801.04381',
  'file:///etc/passwd',
  'file://graft/index.html',
  'file:///C:/Windows/win.ini',
  'data:text/html,<script>1</script>',
  'data:text/html;base64,PGI+',
  'blob:app://graft/1-2-3',
  'blob:null/1',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'about:blank',
  'about:srcdoc',
  'view-source:app://graft/index.html',
  'chrome://gpu',
  'chrome-extension://abc/index.html',
  'devtools://devtools/bundled/inspector.html',
  'app://graft.evil/index.html',
  'app://graft.evil',
  'app://evil/graft/',
  'app://evil.graft/',
  'app://graft:80/index.html',
  'app://graft@evil/',
  'app://user@graft/index.html',
  'app://user:pass@graft/',
  'app://gräft/',
  'app://xn--grft-moa/',
  'app://grаft/',
  'app:///graft/',
  'app:graft/',
  'app:/graft/',
  'app://graft\\@evil/',
  'app://graft%2eevil/',
  'app://graft?/',
  'apps://graft/',
  'graft-image://image/1',
  'ws://graft/',
  'ftp://graft/',
  'app://gr\taft/',
  ' app://graft/',
  'app://graft',
  '',
];

function guarded() {
  const listeners = new Map<string, (details: never) => void>();
  let openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' });
  const contents = {
    on: (event: string, listener: (details: never) => void) => listeners.set(event, listener),
    setWindowOpenHandler: (handler: typeof openHandler) => void (openHandler = handler),
  } as unknown as Guarded;
  const opened: string[] = [];
  guardNavigation(contents, (url) => opened.push(url));
  return { listeners, opened, windowOpen: (url: string) => openHandler({ url }).action };
}

describe('guardNavigation', () => {
  it('stays on its own pages for each of 40 and more addresses, by each of the three ways there', () => {
    expect(foreign.length).toBeGreaterThanOrEqual(40);
    const { listeners } = guarded();
    const allowed: string[] = [];
    for (const way of ['will-navigate', 'will-redirect', 'will-frame-navigate'])
      for (const url of foreign) {
        const preventDefault = vi.fn();
        listeners.get(way)?.({ url, preventDefault } as never);
        if (preventDefault.mock.calls.length === 0) allowed.push(`${way} ${url}`);
      }
    expect(allowed).toEqual([]);
  });

  it('lets its own pages be', () => {
    const preventDefault = vi.fn();
    guarded().listeners.get('will-navigate')?.({ url: 'app://graft/index.html#train', preventDefault } as never);
    expect(preventDefault).not.toHaveBeenCalled();
  });

  it('opens no window, whatever the address', () => {
    const { windowOpen } = guarded();
    for (const url of [...foreign, 'app://graft/index.html']) expect(windowOpen(url)).toBe('deny');
  });

  it('gives a known link to the system’s browser instead, and nothing else', () => {
    const { windowOpen, opened } = guarded();
    for (const url of foreign) windowOpen(url);
    expect(opened).toEqual(['https://arxiv.org/abs/1801.04381']);
  });

  it('takes no webview', () => {
    const preventDefault = vi.fn();
    guarded().listeners.get('will-attach-webview')?.({ preventDefault } as never);
    expect(preventDefault).toHaveBeenCalledOnce();
  });
});

describe('isOwnUrl', () => {
  it('refuses what is no text', () => {
    for (const value of [null, undefined, 7, {}, ['app://graft/']]) expect(isOwnUrl(value)).toBe(false);
  });
});

describe('isExternalUrl', () => {
  const schemes = [
    'http',
    'smb',
    'ms-msdt',
    'file',
    'javascript',
    'data',
    'ftp',
    'sftp',
    'ssh',
    'telnet',
    'mailto',
    'tel',
    'vscode',
    'ms-word',
    'ms-excel',
    'ms-officecmd',
    'search-ms',
    'ms-settings',
    'calculator',
    'x-apple.systempreferences',
    'itms-services',
    'steam',
    'slack',
    'zoommtg',
    'dav',
    'ldap',
    'jar',
    'shell',
    'blob',
    'app',
    'graft-image',
    'chrome',
    'about',
  ];

  it('opens none of 25 and more schemes, even on a known host', () => {
    expect(schemes.length).toBeGreaterThanOrEqual(25);
    expect(
      schemes
        .flatMap((scheme) => [`${scheme}://arxiv.org/abs/1`, `${scheme}:arxiv.org`, `${scheme}:https://arxiv.org/`])
        .filter(isExternalUrl),
    ).toEqual([]);
  });

  it('opens https on every known host, and on no other', () => {
    for (const host of externalHosts) expect(isExternalUrl(`https://${host}/page?x=1#y`)).toBe(true);
    const others = [
      'https://evil.org/',
      'https://arxiv.org.evil.org/',
      'https://arxiv.org@evil.org/',
      'https://user@arxiv.org/',
      'https://u:p@arxiv.org/',
      'https://arxiv.org:8443/',
      'https://sub.arxiv.org/',
      'https://arxiv.org./',
      'https://127.0.0.1/',
      '//arxiv.org/',
      'arxiv.org',
      '',
      'https://',
    ];
    expect(others.filter(isExternalUrl)).toEqual([]);
  });
});
