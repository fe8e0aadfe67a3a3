import type { BackboneFacts, BringOptions, ModelInspection } from '../../contract/backbone.ts';
import type { Transport } from '../../contract/client.ts';
import type { ImportedModel, ImportOptions } from '../../contract/model.ts';
import type { ShellInput, ShellMethodName, ShellOutput } from '../../contract/shell.ts';

/** One file of a dropped or chosen folder; `path` is relative to that folder, with forward slashes. */
export interface FolderFile {
  path: string;
  /** Null where the browser cannot read it. */
  file: File | null;
}

/** A picture that the backend now knows. */
export interface AddedPicture {
  imageId: string;
  name: string;
}

/** How far an upload is. */
export interface UploadProgress {
  numDone: number;
  numFiles: number;
  /** They are bytes of one archive. */
  isBytes?: true;
  /** The data set that it becomes. */
  datasetId?: string;
}

/** The contract's transport, and what only a window needs: pictures by address, bytes of files, the shell's own methods. */
export interface RendererTransport extends Transport {
  readonly kind: 'electron' | 'web';
  /** @throws GraftError with the shell's code */
  shell<M extends ShellMethodName>(method: M, input: ShellInput<M>): Promise<ShellOutput<M>>;
  /** Address of a picture fitted into a square of `sizePx`. */
  imageUrl(imageId: string, sizePx: number): string;
  /** Where the browser downloads an export from; null where the files already lie in a folder of the user's. */
  exportUrl(exportId: string): string | null;
  /** The path of a dropped file on this machine; null in a browser. */
  pathForFile(file: File): string | null;
  /** Uploads the files of a folder as a data set; goes on with the upload of the same files that was cut off. @throws GraftError; an AbortError when `signal` fires */
  addDatasetFiles(
    name: string,
    files: readonly FolderFile[],
    onProgress: (progress: UploadProgress) => void,
    signal: AbortSignal,
  ): Promise<string>;
  /** Uploads an archive as a data set, in pieces, and goes on after a cut, be it in another page. @throws GraftError; an AbortError when `signal` fires */
  addDatasetArchive(file: File, onProgress: (progress: UploadProgress) => void, signal: AbortSignal): Promise<string>;
  /** Lets pictures in for a prediction. @throws GraftError */
  addPictures(files: readonly File[]): Promise<AddedPicture[]>;
  /** Imports a weight file for a backbone. @throws GraftError */
  importWeights(backboneId: string, file: File): Promise<BackboneFacts>;
  /** Reads a model that somebody saved. @throws GraftError */
  inspectModel(file: File): Promise<ModelInspection>;
  /** Makes a backbone of it. @throws GraftError */
  bringModel(file: File, options: BringOptions): Promise<BackboneFacts>;
  /** Makes a run of a saved model, classifier and all. @throws GraftError */
  importModel(file: File, options: ImportOptions): Promise<ImportedModel>;
  /** Called when events were lost and everything shown should be read again. Returns the function that ends it. */
  onReset(listener: () => void): () => void;
  /** Called when the way to the backend breaks (false) and when it is back (true). Returns the function that ends it. */
  onConnection(listener: (isConnected: boolean) => void): () => void;
}
