import type { AppState } from '../state/app.svelte.ts';
import { dataSetsOf, isArchive, isLabelList, isPicture, readDrop, type Drop } from './read-drop.ts';

/** Does with a drop what the overlay said: pictures to the model on Use, into a class on Data, else a data set. @throws GraftError */
export async function takeDrop(app: AppState, transfer: DataTransfer): Promise<void> {
  const topFiles = [...transfer.files];
  const isFolder = [...transfer.items].some((item) => item.webkitGetAsEntry?.()?.isDirectory === true);
  const archives = isFolder ? [] : topFiles.filter((file) => isArchive(file.name));
  if (archives.length > 0) return addArchives(app, archives);
  const link = topFiles.length === 0 ? transfer.getData('text/uri-list') || transfer.getData('text/plain') : '';
  if (link !== '') return addLink(app, link.split('\n').find((line) => !line.startsWith('#')) ?? link);
  if (app.screen === 'use' && !isFolder)
    return app.use.add(topFiles.filter((file) => isPicture(file.name) || file.type.startsWith('image/')));
  const hasPicture = topFiles.some((file) => isPicture(file.name) || file.type.startsWith('image/'));
  const hasList = topFiles.some((file) => isLabelList(file.name)); // then they are a data set of their own
  if (app.screen === 'data' && app.adding.isOpen && hasPicture && !hasList && !isFolder)
    return app.adding.take(topFiles);
  if (app.transport.kind === 'electron' && topFiles.length <= 1) return addByPath(app, topFiles);
  const drops = dataSetsOf(await readDrop(transfer.items));
  if (app.transport.kind === 'electron') return drops.length > 1 ? addByPath(app, topFiles) : sayOneFolder(app);
  const nameOf = ({ folderName }: Drop): string => folderName ?? app.words.data.drop.several;
  await addEach(app, drops, nameOf, (drop) => addByUpload(app, drop));
}

/** One after the other; of several, one that fails is told by its name, and the others are added all the same. */
async function addEach<T>(
  app: AppState,
  items: readonly T[],
  nameOf: (item: T) => string,
  add: (item: T) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    try {
      await add(item);
    } catch (error) {
      if (items.length === 1) throw error;
      app.notices.showOf(nameOf(item), error);
    }
  }
}

/** Each archive becomes a data set of its own; the last is shown. @throws GraftError */
export async function addArchives(app: AppState, files: readonly File[]): Promise<void> {
  app.go('data');
  await addEach(
    app,
    files,
    ({ name }) => name,
    (file) => app.datasets.addArchive(file),
  );
}

/** @throws link-refused */
export async function addLink(app: AppState, link: string, sha256?: string): Promise<void> {
  app.go('data');
  await app.datasets.addLink(link.trim(), sha256);
}

/** Uploads the files of a chosen or dropped folder as a new data set. @throws GraftError */
export async function addByUpload(app: AppState, drop: Drop): Promise<void> {
  const { drop: words } = app.words.data;
  if (drop.files.length === 0) return app.notices.show(drop.numFolders > 0 ? words.noFiles : words.nothing);
  // Loose files are no data set, but pictures with a list of their labels are.
  const hasList = drop.files.some(({ path }) => isLabelList(path));
  if (drop.numFolders === 0 && (!hasList || drop.files.length === 1))
    return app.notices.show(hasList ? words.listAlone : words.oneFolder);
  app.go('data');
  await app.datasets.addFiles(
    drop.folderName ?? drop.files.find(({ path }) => isLabelList(path))?.path ?? words.several,
    drop.files,
  );
}

/** The desktop reads dropped folders where they lie. @throws GraftError */
async function addByPath(app: AppState, files: readonly File[]): Promise<void> {
  const paths = files.flatMap((file) => app.transport.pathForFile(file) ?? []);
  if (paths.length === 0) return app.notices.show(app.words.data.drop.nothing);
  await addPaths(app, paths);
}

/** Each folder or archive becomes a data set of its own; the last is shown. @throws GraftError */
export async function addPaths(app: AppState, paths: readonly string[]): Promise<void> {
  app.go('data');
  await addEach(app, paths, nameOfPath, (path) => app.datasets.addPath(path));
}

/** The last part of a path of any system; the whole of one that has no parts. */
export const nameOfPath = (path: string): string => path.split(/[\\/]/).findLast((part) => part !== '') ?? path;

const sayOneFolder = (app: AppState): void => app.notices.show(app.words.data.drop.oneFolder);
