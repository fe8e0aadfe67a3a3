import { describe, expect, it } from 'vitest';
import { readDrivePage } from './drive-page.ts';

const address = new URL('https://drive.usercontent.google.com/download?id=ID&export=download');
const read = (page: string, warning: string | null = null, from = address) => {
  const found = readDrivePage(page, from, warning);
  return 'next' in found ? found.next.href : found.problem;
};

describe('readDrivePage', () => {
  const confirmed = 'https://drive.usercontent.google.com/download?id=ID&export=download&confirm=t&uuid=1-2';

  it.each([
    [
      'as it is written',
      `<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title><style>a>b{}</style></head><body>
       <p class="uc-warning-caption">Google Drive can't scan this file for viruses.</p>
       <form id="download-form" action="https://drive.usercontent.google.com/download" method="get">
       <input type="submit" id="uc-download-link" name="ok" value="Download anyway"/>
       <input type="hidden" name="id" value="ID"><input type="hidden" name="export" value="download">
       <input type="hidden" name="confirm" value="t"><input type="hidden" name="uuid" value="1-2"></form></body></html>`,
    ],
    [
      'in another order, in capitals, and without quotes',
      `<FORM METHOD=get data-x='<form action="https://evil.example/download?confirm=t">' ACTION='/download'
       ><INPUT value='ID' NAME=id type=hidden><input name=export value=download><input name = "confirm" value = t >
       <input name=uuid value=1-2></FORM>`,
    ],
    [
      'after a comment, a script and another form',
      `<!-- <form action="/download?confirm=comment"></form> --><script>var a = '<form action="/download?confirm=code">';</script>
       <form action="/search"><input name=q value=x></form><a href="https://support.google.com/x?confirm=1">help</a>
       <form action="/download"><input name=id value=ID><input name=export value=download><input name=confirm value=t><input
       name=uuid value=1-2>`,
    ],
  ])('submits the form %s', (_, page) => {
    expect(read(page)).toBe(confirmed);
  });

  it('submits the form whose action holds everything', () => {
    const page = `<form id="downloadForm" action="https://drive.google.com/uc?export=download&amp;id=ID&amp;confirm=t&#38;uuid=1&#x2d;2" method="post"></form>`;
    expect(read(page)).toBe('https://drive.google.com/uc?export=download&id=ID&confirm=t&uuid=1-2');
  });

  it('follows the link of earlier days', () => {
    const page = '<a id="uc-download-link" href="/uc?export=download&amp;confirm=aB3_&amp;id=ID">Download anyway</a>';
    const from = new URL('https://docs.google.com/uc?id=ID');
    expect(read(page, null, from)).toBe('https://docs.google.com/uc?export=download&confirm=aB3_&id=ID');
  });

  it('confirms by the cookie where the page has nothing', () => {
    const from = new URL('https://drive.google.com/uc?export=download&id=ID');
    expect(read('<p>Too large to scan</p>', 'xY9', from)).toBe(`${from.href}&confirm=xY9`);
  });

  it('finds the address in a script', () => {
    const page =
      '<script>x={"downloadUrl":"https://drive.google.com/uc?id\\u003dID\\u0026export\\u003ddownload","y":1}</script>';
    expect(read(page)).toBe('https://drive.google.com/uc?id=ID&export=download');
  });

  it.each([
    'https://evil.example/download',
    'https://google.com.evil.example/download',
    'https://evilgoogle.com/download',
    'http://drive.google.com/download',
    'javascript:alert(1)//download',
    'https://[',
    '',
  ])('submits nothing to %s', (action) => {
    expect(read(`<form id="download-form" action="${action}"><input name=confirm value=t></form>`)).toBe('web-page');
  });

  it.each([
    [
      'quota-exceeded',
      `<title>Google Drive - Quota exceeded</title><a href="https://accounts.google.com/">Sign in</a>
       <p class="uc-error-caption">Sorry, you can&#39;t view or download this file at this time.</p>
       <p class="uc-error-subcaption">Too many users have viewed or downloaded this
       file recently. Please try accessing the file again later.</p>`,
    ],
    ['quota-exceeded', '<p>Sorry, the download quota for this file has been exceeded</p>'],
    ['infected', '<p>Sorry, this file is infected with a virus. Only the owner is allowed to download it.</p>'],
    ['no-permission', '<title>Google Drive: Sign-in</title>'],
    ['no-permission', '<title>Sign in - Google Accounts</title><p>to continue to Google Drive'],
    ['no-permission', '<title>Google Drive - Access denied</title>'],
    ['no-permission', '<p>You need access</p><p>Request access, or switch to an account with access.'],
    ['no-permission', '<p>Sorry, the owner hasn&#39;t given you permission to download this file.</p>'],
    ['not-found', '<a>Sign in</a><p>Sorry, the file you have requested does not exist.</p>'],
    ['not-found', '<title>Error 404 (Not Found)!!1</title>'],
    [
      'web-page',
      '<title>animals.zip - Google Drive</title><script>"too many users have viewed or downloaded"</script>',
    ],
    ['web-page', ''],
  ])('tells %s', (problem, page) => {
    expect(read(page)).toBe(problem);
  });

  it('knows where somebody must sign in', () => {
    expect(read('<p>x', null, new URL('https://accounts.google.com/v3/signin/identifier'))).toBe('no-permission');
  });

  it.each([
    '<',
    '<a',
    '<a ',
    '<a b="',
    "<a b='x' c",
    '<!--',
    '<script>',
    '<a b==',
    '</',
    '<a\n/',
    '&#x110000;',
    '<form ',
  ])('takes a page of nothing but “%s” in linear time', (bit) => {
    const start = performance.now();
    expect(read(bit.repeat(Math.floor(500_000 / bit.length)))).toBe('web-page');
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
