import type { FastifyInstance } from 'fastify';
import { GraftError, type Reply } from '../../../contract/errors.ts';
import { contentSecurityPolicy, shellMethods, type ShellHandlers } from '../../../contract/shell.ts';
import type { Backend } from '../../backend/backend.ts';
import { listFolder } from '../../backend/list-folder.ts';
import { thumbnailType } from '../../backend/thumbnail-type.ts';
import { queryNumber } from './query.ts';

/** Serves the contract, the shell's own methods, and pictures. */
export function addCallRoutes(app: FastifyInstance, backend: Backend, roots: readonly string[]): void {
  const shell = shellHandlers(roots);

  app.post<{ Params: { method: string } }>('/api/call/:method', (request) =>
    backend.call(request.params.method, request.body),
  );

  app.post<{ Params: { method: string } }>('/api/shell/:method', async (request): Promise<Reply<unknown>> => {
    const { method } = request.params;
    if (!isShellMethod(method)) throw new GraftError('unknown-method', { method });
    const input = shellMethods[method].input.safeParse(request.body);
    if (!input.success) {
      const [issue] = input.error.issues;
      const field = issue?.path.join('.') ?? '';
      throw new GraftError('invalid-input', { method, field, problem: issue?.message ?? '' });
    }
    return { ok: true, value: await shell[method](input.data as never) };
  });

  // The window's address for pictures, and the short one.
  for (const url of ['/api/image/:imageId', '/image/:imageId']) {
    app.get<{ Params: { imageId: string } }>(url, async (request, reply) => {
      const picture = await backend.thumbnail(request.params.imageId, queryNumber(request, 'size', 16, 2048));
      return reply
        .header('content-type', thumbnailType(picture))
        .header('cache-control', 'private, max-age=3600')
        .header('content-security-policy', `${contentSecurityPolicy}; sandbox`)
        .send(Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength));
    });
  }
}

function isShellMethod(method: string): method is keyof ShellHandlers {
  return Object.hasOwn(shellMethods, method);
}

/** A browser opens no dialogs and no folders of the backend's machine: it uploads and downloads instead. */
function shellHandlers(roots: readonly string[]): ShellHandlers {
  return {
    'shell.info': async () => ({
      kind: 'web',
      platform: process.platform,
      canPickFolder: false,
      canAddPath: roots.length > 0,
      canReveal: false,
      homeHint: roots[0] ?? '',
    }),
    'shell.pickFolder': async () => null,
    'shell.pickFile': async () => [],
    'shell.list': ({ path }) => listFolder(path, roots),
    'shell.reveal': async () => null,
    'shell.openExternal': async () => null,
    'shell.progress': async () => null,
  };
}
