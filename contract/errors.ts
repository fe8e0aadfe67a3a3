import { z } from './zod.ts';

/** Why a link gives no file. */
export const linkProblems = [
  ...(['not-a-link', 'not-encrypted', 'unsafe-address', 'web-page', 'not-found', 'no-permission'] as const),
  ...(['quota-exceeded', 'infected', 'drive-folder', 'drive-document'] as const),
] as const;
/** Why a list of labels cannot be read. */
export const labelProblems = [
  ...(['encoding', 'too-large', 'too-many-rows', 'empty', 'no-path-column', 'no-label-column', 'columns'] as const),
  ...(['quote', 'no-path', 'label', 'split', 'mixed-split', 'json', 'json-shape'] as const),
] as const;
/** Why a list of class names cannot be used. */
export const classNameProblems = ['not-a-list', 'too-large', 'name', 'twice'] as const;
export type LabelProblem = (typeof labelProblems)[number];
export type LinkProblem = (typeof linkProblems)[number];

/** Every error that a person can meet and mend, with its facts. The sentences are in `strings/`. */
export const errorParams = {
  'invalid-input': z.object({ method: z.string(), field: z.string(), problem: z.string() }),
  'unknown-method': z.object({ method: z.string() }),
  internal: z.object({ id: z.string() }),
  'path-not-found': z.object({ path: z.string() }),
  'path-not-allowed': z.object({ path: z.string(), roots: z.array(z.string()) }),
  'not-a-folder': z.object({ path: z.string() }),
  'data-kind-not-supported': z.object({ path: z.string() }),
  'dataset-not-found': z.object({ datasetId: z.string() }),
  'class-not-found': z.object({ className: z.string() }),
  'nothing-selected': z.object({}),
  'dataset-not-ready': z.object({ name: z.string(), phase: z.string() }),
  'dataset-changed': z.object({ name: z.string(), numFiles: z.int(), files: z.array(z.string()) }),
  'no-images': z.object({ path: z.string(), numSkipped: z.int() }),
  'no-usable-images': z.object({ path: z.string(), numSkipped: z.int(), reasons: z.string() }),
  'one-class': z.object({ className: z.string() }),
  'class-too-small': z.object({ className: z.string(), numImages: z.int(), minImages: z.int() }),
  'empty-class': z.object({ className: z.string() }),
  'split-without-train': z.object({ path: z.string() }),
  'class-missing-in-train': z.object({ className: z.string() }),
  'split-given': z.object({ name: z.string() }),
  'fractions-too-large': z.object({ validationFraction: z.number(), testFraction: z.number() }),
  'no-split': z.object({ split: z.string(), name: z.string() }),
  'classes-differ': z.object({ expected: z.array(z.string()), found: z.array(z.string()) }),
  'backbone-not-found': z.object({ backboneId: z.string(), near: z.array(z.string()) }),
  'backbone-not-brought': z.object({ backboneId: z.string() }),
  'backbone-in-use': z.object({ backboneId: z.string(), runs: z.array(z.int()) }),
  'input-size-too-small': z.object({ backboneId: z.string(), inputSize: z.int(), minInputSize: z.int() }),
  'weights-missing': z.object({ backboneId: z.string(), officialFile: z.string(), officialUrl: z.string() }),
  'weights-not-readable': z.object({ path: z.string(), problem: z.string() }),
  'weights-mismatch': z.object({ path: z.string(), layer: z.string(), expected: z.string(), found: z.string() }),
  'weights-damaged': z.object({ backboneId: z.string(), expected: z.string(), found: z.string() }),
  'weights-no-address': z.object({ backboneId: z.string() }),
  'download-failed': z.object({ url: z.string(), problem: z.string() }),
  'download-too-large': z.object({ url: z.string(), maxBytes: z.int() }),
  'link-refused': z.object({ url: z.string(), problem: z.enum(linkProblems) }),
  'labels-not-readable': z.object({
    file: z.string(),
    /** From 1; 0 where no single place is to blame. */
    line: z.int(),
    /** What `line` counts: entries in JSON. */
    unit: z.enum(['line', 'entry']),
    problem: z.enum(labelProblems),
    /** What stands there; empty where that says nothing. */
    found: z.string(),
  }),
  'checksum-differs': z.object({ file: z.string(), expected: z.string(), found: z.string() }),
  'layer-not-supported': z.object({ layer: z.string(), type: z.string(), target: z.string() }),
  'layer-not-found': z.object({ layer: z.string(), backboneId: z.string(), near: z.array(z.string()) }),
  'model-not-readable': z.object({ path: z.string(), problem: z.string() }),
  'model-layer-refused': z.object({ layer: z.string(), type: z.string() }),
  /** What its last layer is; a model with other layers there says no classes. */
  'model-not-classifier': z.object({ path: z.string(), layer: z.string(), type: z.string() }),
  'class-names-refused': z.object({ file: z.string(), problem: z.enum(classNameProblems), found: z.string() }),
  'class-names-count': z.object({ file: z.string(), numClasses: z.int(), numNames: z.int() }),
  'input-size-fixed': z.object({ backboneId: z.string(), height: z.int(), width: z.int() }),
  'nothing-to-train': z.object({ backboneId: z.string() }),
  'recipe-not-readable': z.object({ path: z.string(), problem: z.string() }),
  'not-yet': z.object({ feature: z.string() }),
  'option-not-in-format': z.object({ format: z.string(), option: z.string() }),
  'run-not-found': z.object({ runId: z.string() }),
  'run-not-finished': z.object({ runId: z.string(), phase: z.string() }),
  'run-already-finished': z.object({ runId: z.string() }),
  'run-busy': z.object({ runId: z.string() }),
  /** Runs that were interrupted and begin with its weights, by number. */
  'run-in-use': z.object({ runId: z.string(), runs: z.array(z.int()) }),
  /** It came from a saved model. `training`: how it was trained is not known either. */
  'run-without-data': z.object({ runId: z.string(), needs: z.enum(['pictures', 'training', 'whole-training']) }),
  'run-damaged': z.object({ runId: z.string(), file: z.string() }),
  'image-not-found': z.object({ imageId: z.string() }),
  'image-not-readable': z.object({ name: z.string(), reason: z.string() }),
  'no-pictures': z.object({ path: z.string() }),
  'out-not-empty': z.object({ path: z.string() }),
  'out-in-dataset': z.object({ path: z.string(), folder: z.string() }),
  'export-differs': z.object({ maxAbsoluteDifference: z.number(), numChangedLabels: z.int() }),
  'export-too-large': z.object({ format: z.string(), sizeBytes: z.int(), maxBytes: z.int() }),
  'export-not-found': z.object({ exportId: z.string() }),
  'job-stopped': z.object({}),
  'worker-died': z.object({ what: z.string(), signal: z.string() }),
  'worker-not-answering': z.object({ what: z.string() }),
  'tensorflow-missing': z.object({ problem: z.string() }),
  'frozen-weights-changed': z.object({ layer: z.string() }),
  'training-diverged': z.object({ epoch: z.int(), learningRate: z.number() }),
  'disk-full': z.object({ path: z.string() }),
  'cannot-write': z.object({ path: z.string(), problem: z.string() }),
  'archive-refused': z.object({
    path: z.string(),
    /** The name inside the archive; empty where no single one is to blame. */
    entry: z.string(),
    problem: z.enum([
      'outside',
      'bad-name',
      'link',
      'device',
      'too-many-files',
      'file-too-large',
      'too-large',
      'no-space',
      'ratio',
      'overlap',
    ]),
  }),
  'archive-damaged': z.object({
    path: z.string(),
    problem: z.enum(['not-an-archive', 'not-readable', 'cut-off', 'corrupt', 'sizes', 'encrypted', 'method', 'split']),
  }),
  /** Files of a folder; bytes of an archive. */
  'upload-incomplete': z.object({
    name: z.string(),
    numReceived: z.int(),
    numExpected: z.int(),
    isArchive: z.boolean().optional(),
  }),
  'upload-too-large': z.object({ name: z.string(), maxBytes: z.int() }),
  'host-needs-protection': z.object({ host: z.string() }),
  'port-in-use': z.object({ port: z.int() }),
  'connection-lost': z.object({}),
  'not-authorised': z.object({}),
  'too-many-attempts': z.object({ retryAfterS: z.int() }),
} as const;

export type ErrorCode = keyof typeof errorParams;
export type ErrorParams<C extends ErrorCode> = z.infer<(typeof errorParams)[C]>;

/** Something a person can meet and mend: a code and facts. Anything else that is thrown is a bug. */
export class GraftError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly params: ErrorParams<C>;
  constructor(code: C, params: ErrorParams<C>, options?: { cause?: unknown }) {
    super(`${code} ${JSON.stringify(params)}`, options);
    this.name = 'GraftError';
    this.code = code;
    this.params = params;
  }
}

/** `instanceof` with the type that it means: any of the codes. */
export const isGraftError = (error: unknown): error is GraftError => error instanceof GraftError;

/** An error as it crosses a transport. */
export interface WireError {
  code: string;
  params: Record<string, unknown>;
}
/** What `dispatch` answers: it never throws, since Electron would keep only the message. */
export type Reply<T> = { ok: true; value: T } | { ok: false; error: WireError };

/** Turns an error from the wire into a GraftError again; an unknown code becomes `internal`. */
export function fromWire(error: WireError): GraftError {
  const schema = (errorParams as Record<string, z.ZodType>)[error.code];
  const parsed = schema?.safeParse(error.params);
  if (parsed?.success) return new GraftError(error.code as ErrorCode, parsed.data as never);
  return new GraftError('internal', { id: typeof error.params['id'] === 'string' ? error.params['id'] : error.code });
}

/** Turns anything thrown into its wire form; a bug becomes `internal` with the id that was logged. */
export function toWire(error: unknown, logged: (error: unknown) => string): WireError {
  if (isGraftError(error)) return { code: error.code, params: error.params };
  return { code: 'internal', params: { id: logged(error) } };
}
