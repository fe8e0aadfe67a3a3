import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { csvRecords } from '../../dataset/label-csv.ts';
import { hostileNames } from '../../testing/hostile-names.ts';
import { temporaryFolder } from '../../testing/temporary.ts';
import { predict } from './commands/predict.ts';
import { forTerminal } from './output.ts';
import type { Session } from './session.ts';

/** A session whose run has hostile class names and says each of them of a picture of the same name. */
function session(said: string[]): Session {
  const answers: Record<string, unknown> = {
    'run.get': { classNames: hostileNames },
    'picture.add': hostileNames.map((name) => ({ imageId: name, name })),
    'model.predict': hostileNames.map((imageId, best) => {
      const top = hostileNames.map((className, index) => ({ className, probability: index === best ? 1 : 0 }));
      return { imageId, top: top.sort((a, b) => b.probability - a.probability) };
    }),
  };
  const out = {
    bar: { show: () => undefined },
    event: (_event: string, _facts: object, text?: string) => void said.push(...(text === undefined ? [] : [text])),
  };
  return { client: { call: async (method: string) => answers[method] }, out } as unknown as Session;
}

describe('graft predict', () => {
  it('writes hostile names of classes and files as text into its table', async () => {
    const csv = path.join(await temporaryFolder(), 'answers.csv');
    const said: string[] = [];
    await predict(session(said), 'run-1', ['pictures'], { csv });
    const [head, ...rows] = [...csvRecords(await readFile(csv, 'utf8'), ',')].map(({ cells }) => cells);
    expect(rows.map((row) => row.length)).toEqual(hostileNames.map(() => 3 + hostileNames.length));
    for (const column of [head!.slice(3), rows.map((row) => row[1]!)]) {
      expect(column.map((cell, index) => (cell === `'${hostileNames[index]}` ? cell.slice(1) : cell))).toEqual(
        hostileNames,
      );
      expect(column.filter((cell) => /^\s*[=+\-@\uff1d]/u.test(cell))).toEqual([]);
    }
    expect(rows.map((row) => row[0])).toEqual(hostileNames.map((name) => path.join('pictures', name)));
    expect(said).toHaveLength(hostileNames.length);
  });
});

describe('forTerminal', () => {
  it('lets no name steer the terminal or turn its writing', () => {
    expect(forTerminal('\x1b[2J\x1b]0;x\x07 \u202egpj.exe \x9b2J\r')).toBe(
      '\ufffd[2J\ufffd]0;x\ufffd \ufffdgpj.exe \ufffd2J\ufffd',
    );
  });
  it('leaves words, lines and emoji as they are', () => {
    const text = 'Two lines:\n\t고양이 \u{1F469}\u200d\u{1F52C}';
    expect(forTerminal(text)).toBe(text);
  });
});
