import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readClassNames } from '../../../../contract/class-names.ts';
import type { PixelScaling } from '../../../../contract/backbone.ts';
import { GraftError } from '../../../../contract/errors.ts';
import { userPath, type Session } from '../session.ts';

export interface ImportFlags {
  labels?: string;
  name?: string;
  pixels?: PixelScaling;
}

const saidBy = {
  given: 'from the list',
  model: 'from the model itself',
  beside: 'from the list beside the model',
  'made-up': 'made up: nothing says them; name them with --labels FILE',
} as const;

/** Makes a run of a whole model in a file. */
export async function importModel({ client, out }: Session, model: string, flags: ImportFlags): Promise<void> {
  const { labels, name, pixels } = flags;
  const imported = await client.call('model.import', {
    path: userPath(model),
    ...(labels !== undefined && { classNames: await classNamesIn(userPath(labels)) }),
    ...(name !== undefined && { name }),
    ...(pixels !== undefined && { pixels }),
  });
  const { runId, classNames, classNamesFrom } = imported;
  const text = `${runId}: ${classNames.length} classes, ${saidBy[classNamesFrom]}: ${classNames.slice(0, 20).join(', ')}${classNames.length > 20 ? ', …' : ''}; pixels ${imported.pixels}`;
  out.event('done', { ...imported }, text);
}

async function classNamesIn(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new GraftError('path-not-found', { path: file }, { cause });
  });
  return readClassNames(text, path.basename(file));
}
