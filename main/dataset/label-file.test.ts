import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGraftError } from '../../contract/errors.ts';
import { maxLabelBytes, readLabels } from './label-file.ts';

const read = (content: string | Buffer, name = 'labels.csv') => [...readLabels(name, Buffer.from(content as string))];
/** As short lines: `a.jpg cat train`. */
const short = (content: string | Buffer, name?: string) =>
  read(content, name).map(({ path, className, split }) => [path, className, ...(split ? [split] : [])].join(' '));
const refused = (content: string | Buffer, name?: string) => {
  try {
    read(content, name);
  } catch (error) {
    if (isGraftError(error) && error.code === 'labels-not-readable') return error.params as { problem: string; line: number; found: string; unit: string }; // prettier-ignore
    throw error;
  }
  throw new Error('was read');
};
const pets = ['a.jpg cat train', 'b.jpg dog test'];

describe('readLabels', () => {
  it.each([
    ['a header', 'path,label,split\na.jpg,cat,train\nb.jpg,dog,test'],
    ['no header', 'a.jpg,cat,train\nb.jpg,dog,test\n'],
    ['other names in another order and case', 'Subset,CLASS,File Name\nTraining,cat,a.jpg\nTEST,dog,b.jpg\n'],
    ['columns that nobody asked for', ',image,width,label,set\n0,a.jpg,32,cat,train\n1,b.jpg,64,dog,test\n'],
    ['semicolons', 'path;label;split\na.jpg;cat;train\nb.jpg;dog;test\n'],
    ['tabs', 'path\tlabel\tsplit\na.jpg\tcat\ttrain\nb.jpg\tdog\ttest\n'],
    ['a first line for Excel', 'sep=;\r\npath;label;split\r\na.jpg;cat;train\r\nb.jpg;dog;test\r\n'],
    ['quotes, blank lines and spaces', '"path","label","split"\r\n\r\n"a.jpg", cat ,train\r\nb.jpg,"dog","test"\r\n,,\r\n'], // prettier-ignore
    ['ends of lines as old Macs wrote them', 'path,label,split\ra.jpg,cat,train\rb.jpg,dog,test\r'],
  ])('reads a list with %s', (_, content) => expect(short(content)).toEqual(pets));

  it.each([
    ['an array', '[{"path":"a.jpg","label":"cat","split":"train"},{"File":"b.jpg","Class":"dog","set":"test","box":[1,2]}]'], // prettier-ignore
    ['an object of objects', '{"a.jpg":{"label":"cat","split":"train"},"b.jpg":{"category":"dog","subset":"test"}}'],
    ['a line for each', '{"path":"a.jpg","label":"cat","split":"train"}\n\n{"path":"b.jpg","label":"dog","split":"test"}\n'], // prettier-ignore
  ])('reads JSON: %s', (_, content) => expect(short(content, 'labels.json')).toEqual(pets));

  it('reads JSON whose keys are paths, and numbers as labels', () => {
    expect(short('{"a.jpg":"cat","__proto__":"dog","c.jpg":7}', 'l.json')).toEqual(['a.jpg cat', '__proto__ dog', 'c.jpg 7']); // prettier-ignore
    expect(short('{"path":"a.jpg","label":0}', 'l.ndjson')).toEqual(['a.jpg 0']);
  });

  it('keeps what stands in quotes: separators, quotes and ends of lines', () => {
    const rows = read('path,label\n"a,""b"".jpg",cat\n"two\nlines.jpg",dog\nc.jpg,"cat"\n');
    expect(rows.map(({ path }) => path)).toEqual(['a,"b".jpg', 'two\nlines.jpg', 'c.jpg']);
    expect(rows.map(({ line }) => line)).toEqual([2, 3, 5]);
    expect(short('a,b.jpg;cat\nc,d.jpg;dog\n')).toEqual(['a,b.jpg cat', 'c,d.jpg dog']);
  });

  const korean = '경로.jpg,고양이\n둘.jpg,강아지\n';
  it.each([
    ['UTF-8', Buffer.from(korean)],
    ['UTF-8 with its mark', Buffer.from(`\ufeff${korean}`)],
    ['UTF-16 with its mark', Buffer.from(`\ufeff${korean}`, 'utf16le')],
    ['UTF-16 the other way round', Buffer.from(`\ufeff${korean}`, 'utf16le').swap16()],
    ['CP949, as Excel saves it', Buffer.from('b0e6b7ce2e6a70672cb0edbee7c0cc0ab5d12e6a70672cb0adbec6c1f60a', 'hex')],
  ])('reads Korean in %s', (_, content) => expect(short(content)).toEqual(['경로.jpg 고양이', '둘.jpg 강아지']));
  it('knows UTF-16 without its mark by its zeros', () => {
    expect(short(Buffer.from('path,label\nx.jpg,고양이', 'utf16le'))).toEqual(['x.jpg 고양이']);
  });

  it('composes labels, so that two spellings are one class, and leaves an empty one empty', () => {
    expect(read('a.jpg,\u1100\u1161\nb.jpg,\n').map(({ className }) => className)).toEqual(['가', '']);
  });

  it.each([
    ['path,size\na.jpg,3\n', 'no-label-column', 1],
    ['name,label\nx,cat\n', 'no-path-column', 1],
    ['a.jpg\nb.jpg\n', 'no-label-column', 1],
    ['id,width\n1,2\n', 'no-path-column', 1],
    ['path,label\na.jpg,cat\nb.jpg,dog,,oops\n', 'columns', 3],
    ['path,label\n"a.jpg,cat\n', 'quote', 2],
    ['path,label\n"a"x.jpg,cat\n', 'quote', 2],
    ['path,label\n,cat\n', 'no-path', 2],
    ['path,label\na.jpg,pets/cat\n', 'label', 2],
    ['path,label,split\na.jpg,cat,train\nb.jpg,cat,holdout\n', 'split', 3],
    ['path,label,split\na.jpg,cat,train\nb.jpg,cat,\n', 'mixed-split', 3],
    ['path,label,split\na.jpg,cat\nb.jpg,cat,test\n', 'mixed-split', 3],
    ['', 'empty', 0],
    ['path,label\n\n', 'empty', 0],
  ])('says of %j that its problem is %s in line %d', (content, problem, line) => {
    expect(refused(content)).toMatchObject({ problem, line, unit: 'line' });
  });

  it.each([
    ['[{"path":"a.jpg","label":"cat"},\n{"path":}]', 'json', 2, 'line'],
    ['[{"path":"a.jpg","label":"cat"},7]', 'json-shape', 2, 'entry'],
    ['"a.jpg"', 'json-shape', 0, 'entry'],
    ['[{"width":3}]', 'no-path-column', 1, 'entry'],
    ['[{"file":"a.jpg"}]', 'no-label-column', 1, 'entry'],
    ['{"a.jpg":["cat","dog"]}', 'json-shape', 1, 'entry'],
    [`[${'['.repeat(20)}`, 'json-shape', 0, 'entry'],
    [`[${'[],'.repeat(500_000)}[]]`, 'too-many-rows', 0, 'entry'],
  ])('says of the JSON %# what is wrong, and where', (content, problem, line, unit) => {
    expect(refused(content, 'labels.json')).toMatchObject({ problem, line, unit });
  });
  it('counts lines where each is an entry', () => {
    const lines = '{"path":"a.jpg","label":"cat"}\n{"path":"b.jpg","label":"cat","split":"test"}\nnot json\n';
    expect(refused(lines, 'l.ndjson')).toMatchObject({ problem: 'mixed-split', line: 2, unit: 'line' });
    expect(refused('{"path":"a.jpg","label":"cat"}\nnot json\n', 'l.jsonl')).toMatchObject({
      problem: 'json',
      line: 2,
    });
  });

  it('has limits', () => {
    expect(refused(Buffer.alloc(maxLabelBytes + 1, 'a'))).toMatchObject({ problem: 'too-large' });
    expect(refused('a.jpg,cat\n'.repeat(200_001))).toMatchObject({ problem: 'too-many-rows', line: 200_001 });
    expect(refused(Buffer.from([0x61, 0x2c, 0xff, 0xff, 0x0a]))).toMatchObject({ problem: 'encoding' });
  });

  it.each(['"', '","', '\n', ',', '""', '"a""', '\\"', '[', '{"a":', ' '])(
    'answers quickly to ten million of %j',
    (piece) => {
      const bytes = Buffer.alloc(10_000_000, piece);
      for (const name of ['l.csv', 'l.json', 'l.ndjson']) {
        const start = performance.now();
        expect(refused(bytes, name).problem).not.toBe('encoding');
        expect(performance.now() - start).toBeLessThan(5000);
      }
    },
  );

  it('reads what it should from any table, however it is written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '고', ',', ';', '\t', '"', '\n', '\r\n', ' ', '.', 'é'), minLength: 1, maxLength: 8 }).map((text) => text.trim() || 'x'); // prettier-ignore
    const table = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 });
    const style = fc.record({
      separator: fc.constantFrom(',', ';', '\t'),
      end: fc.constantFrom('\n', '\r\n'),
      isSwapped: fc.boolean(),
      encoding: fc.constantFrom('utf8' as const, 'utf16le' as const),
    });
    fc.assert(
      fc.property(table, style, (rows, { separator, end, isSwapped, encoding }) => {
        const quoted = (text: string) => (/["\r\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        const written = [['path', 'label'], ...rows]
          .map((cells) => (isSwapped ? cells.toReversed() : cells).map(quoted).join(separator))
          .join(end);
        const found = read(Buffer.from(`\ufeff${written}`, encoding)).map(({ path, className }) => [path, className]);
        expect(found).toEqual(rows.map(([path, label]) => [path, label.normalize('NFC')]));
      }),
      { numRuns: 1000 },
    );
  });

  it('answers any bytes with rows or with what is wrong, and quickly', () => {
    const piece = fc.constantFrom('path', 'label', 'split', ',', ';', '\t', '"', '""', '\n', '\r', '{', '}', '[', ']', ':', 'a.jpg', '\0', '\ufeff', 'train', '\\'); // prettier-ignore
    const text = fc.array(piece, { maxLength: 200 }).map((pieces) => Buffer.from(pieces.join('')));
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const name = fc.constantFrom('l.csv', 'l.tsv', 'l.json', 'l.ndjson');
    fc.assert(
      fc.property(fc.oneof(text, bytes), name, (content, fileName) => {
        const start = performance.now();
        try {
          for (const { path, line } of readLabels(fileName, content)) expect(path !== '' && line > 0).toBe(true);
        } catch (error) {
          if (!isGraftError(error)) throw error;
          expect(error.code).toBe('labels-not-readable');
        }
        expect(performance.now() - start).toBeLessThan(1000);
      }),
      { numRuns: 4000 },
    );
  });
});
