/** Names of classes and files that are something else to whoever takes them for more than text: 44, all different. */
export const hostileNames: readonly string[] = [
  // Markup
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  "'><svg onload=alert(1)>",
  '</title><script>alert(1)</script>',
  '<!--',
  ']]>',
  '&lt;b&gt;&amp;',
  '<a href="javascript:alert(1)">x</a>',
  // Markdown
  '[x](javascript:alert(1))',
  'x](javascript:alert(1))',
  '![x](https://evil.test/?y)',
  '<https://evil.test>',
  'https://evil.test/x',
  'www.evil.test',
  '# title',
  '- [ ] item',
  'a|b',
  '| --- |',
  '`code`',
  '```\nend of block',
  '**bold** _slanted_ ~~struck~~',
  '$x^2$',
  '[^1]: note',
  // Formulas
  '=cmd|"/c calc"!A1',
  '=HYPERLINK("https://evil.test","x")',
  '+1+cmd',
  '-1+cmd',
  '@SUM(1)',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '\uff1d1+1',
  // Separators and quotes
  'a,b;c\td',
  '"quoted" and \'quoted\'',
  'two\nlines',
  'two\r\nlines',
  'two\u2028lines',
  // Python
  '"""\nimport os; os.abort() #',
  '\\',
  '{0} %s {__import__("os")}',
  // Writing
  '\u202egpj.exe',
  '\x1b[2J\x1b]0;x\x07',
  'a\u200b\ufeffb',
  '고양이'.repeat(28) + 'abc', // 255 bytes
];
