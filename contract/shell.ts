import { z } from './zod.ts';

const method = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output });
const None = z.object({});

/** The few methods that a shell answers itself. The web shell answers null where a browser cannot. */
export const shellMethods = {
  'shell.info': method(
    None,
    z.object({
      kind: z.enum(['electron', 'web']),
      platform: z.string(),
      canPickFolder: z.boolean(),
      canAddPath: z.boolean(),
      canReveal: z.boolean(),
      homeHint: z.string(),
    }),
  ),
  'shell.pickFolder': method(z.object({ purpose: z.enum(['open', 'export']) }), z.string().nullable()),
  'shell.pickFile': method(
    z.object({ purpose: z.enum(['weights', 'pictures', 'model', 'archive']) }),
    z.array(z.string()),
  ),
  /**
   * What may be opened in a folder of the backend's machine: folders, archives and lists of labels, by name. Without a path,
   * the folders that the server was given. Only where there are dialogs for it is the answer empty.
   */
  'shell.list': method(
    z.object({ path: z.string().max(4096).nullable() }),
    z.object({
      /** Null: these are the folders given. */
      path: z.string().nullable(),
      /** Where one level up leads to; null leads to the folders given. */
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path: z.string(), kind: z.enum(['folder', 'archive', 'list']) })),
      /** Entries beyond a thousand, not listed. */
      numMore: z.int(),
      /** Pictures that lie in this folder itself. */
      numPictures: z.int(),
    }),
  ),
  'shell.reveal': method(z.object({ exportId: z.string() }), z.null()),
  'shell.openExternal': method(z.object({ url: z.string() }), z.null()),
  'shell.progress': method(z.object({ fraction: z.number().min(0).max(1).nullable() }), z.null()),
} as const;

export type ShellMethodName = keyof typeof shellMethods;
export type ShellInput<M extends ShellMethodName> = z.input<(typeof shellMethods)[M]['input']>;
export type ShellOutput<M extends ShellMethodName> = z.output<(typeof shellMethods)[M]['output']>;
export type ShellHandlers = {
  [M in ShellMethodName]: (input: z.output<(typeof shellMethods)[M]['input']>) => Promise<ShellOutput<M>>;
};

/** Hosts that a link of Graft's own may open in the system's browser. */
export const externalHosts = [
  'arxiv.org',
  'github.com',
  'keras.io',
  'storage.googleapis.com',
  'www.tensorflow.org',
  'pypi.org',
] as const;

/** What a page of ours may ever ask the browser for: the camera, to take pictures for a class. */
export const permissionsPolicy = 'camera=(self), microphone=(), display-capture=(), geolocation=()';

/** The one policy of both shells. `blob:` pictures are the user's own drop, not yet uploaded. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' graft-image: blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
