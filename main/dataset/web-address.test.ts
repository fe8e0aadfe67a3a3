import { describe, expect, it } from 'vitest';
import { addressProblem, isLoopback, isPublic, type AddressTrust } from './web-address.ts';

const resolve = async (host: string) => (host === 'inside.example' ? ['93.184.216.34', '10.0.0.7'] : ['93.184.216.34']);
const problem = (url: string, trust: AddressTrust, first = url) =>
  addressProblem(new URL(url), new URL(first), trust, resolve);

describe('addressProblem', () => {
  it('lets an official address be encrypted and public only', async () => {
    expect(await problem('https://example.org/w.h5', 'official')).toBeNull();
    expect(await problem('http://example.org/w.h5', 'official')).toContain('https');
    expect(await problem('https://inside.example/w.h5', 'official')).toContain('private');
    for (const host of ['10.0.0.1', '192.168.1.1', '169.254.169.254', '[fd00::1]', '[::ffff:10.0.0.1]', '0.0.0.0'])
      expect([host, await problem(`https://${host}/`, 'official', 'https://example.org')]).toEqual([
        host,
        'it leads into a private network',
      ]);
  });

  it('lets nothing from outside lead back to this machine, however it is spelled', async () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '2130706433', '0x7f.1', '127.1', '[::ffff:127.0.0.1]'])
      for (const trust of ['official', 'typed'] as const)
        expect([host, await problem(`https://${host}/`, trust, 'https://example.org')]).toEqual([
          host,
          'it leads back to this machine',
        ]);
  });

  it('lets a person type any encrypted address, and this machine’s own', async () => {
    expect(await problem('https://inside.example/w.h5', 'typed')).toBeNull();
    expect(await problem('http://127.0.0.1:8000/w.h5', 'typed')).toBeNull();
    expect(await problem('http://inside.example/w.h5', 'typed')).toContain('https');
  });

  it('lets a mirror be anything of the web, and nothing else', async () => {
    expect(await problem('http://10.0.0.1/w.h5', 'mirror')).toBeNull();
    for (const url of ['file:///etc/passwd', 'ftp://example.org/', 'data:,x', 'https://user:secret@example.org/'])
      expect(await problem(url, 'mirror')).not.toBeNull();
  });
});

describe('addressProblem of a stranger’s link', () => {
  /** Answers as a machine does for its own names. */
  const own = async (host: string) => (/(^|\.)localhost\.?$/.test(host) ? ['127.0.0.1', '::1'] : resolve(host));
  const ofLink = (url: string, first = url) => addressProblem(new URL(url), new URL(first), 'link', own);

  it('is none for an encrypted address of the public network', async () => {
    expect(await ofLink('https://example.org/animals.zip')).toBeNull();
    expect(await ofLink('https://93.184.216.34/animals.zip')).toBeNull();
    expect(await ofLink('http://example.org/animals.zip')).toContain('https');
  });

  it.each([
    ...['127.0.0.1', '127.1', '127.255.255.254', '2130706433', '0x7f.1', '0177.0.0.1', '0x7f000001', '１２７.0.0.1'],
    ...['localhost', 'LOCALHOST.', 'app.localhost', '[::1]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::7f00:1]'],
    ...['0', '[::]', '10.0.0.1', '172.16.9.9', '192.168.1.1', '169.254.169.254', '[fe80::1]', '[fd00::1]', '[fec0::1]'],
    ...['[64:ff9b::7f00:1]', '[64:ff9b::a00:7]', '[64:ff9b::a9fe:a9fe]', '[64:ff9b::]', '[64:ff9b:1::5db8:d822]'],
    ...['[2002:7f00:1::]', 'inside.example'],
  ])('refuses %s, with encryption and without, as the first and after a redirect', async (host) => {
    for (const scheme of ['https', 'http']) {
      expect(await ofLink(`${scheme}://${host}/`)).not.toBeNull();
      expect(await ofLink(`${scheme}://${host}/`, 'https://example.org')).not.toBeNull();
    }
  });

  it('is one for a name without addresses', async () => {
    const none = async () => [];
    const url = new URL('https://example.org');
    expect(await addressProblem(url, url, 'link', none)).not.toBeNull();
  });
});

describe('isLoopback and isPublic', () => {
  it('go by the address, not by how a name begins', () => {
    expect(['127.evil.com', 'localhost.evil', '128.0.0.1', ''].map(isLoopback)).toEqual([false, false, false, false]);
    expect(['8.8.8.8', '2606:4700::1111', '172.32.0.1'].map(isPublic)).toEqual([true, true, true]);
    const translated = ['64:ff9b::5db8:d822', '64:ff9b::93.184.216.34', '64:FF9B:0:0:0:0:808:808', '64:ff9b::808:0'];
    expect(translated.filter((address) => !isPublic(address))).toEqual([]);
    const inside = ['64:ff9b::10.0.0.7', '64:ff9b::1', '64:ff9b::7f00:0', '64:ff9b::c0a8:101', '64:ff9b:1::808:808'];
    expect(inside.filter(isPublic)).toEqual([]);
    expect(['172.31.0.1', 'fe80::1', '100.64.0.1', 'example.org'].map(isPublic)).toEqual([false, false, false, false]);
  });
});
