import path from 'node:path';
import { build } from 'esbuild';

/** Lists what importing a file loads at once, bundled as the program is: sources and packages, no dynamic imports. @param file absolute */
export async function loadedBy(file: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
  });
  const reached = (name: string): string[] => [
    ...Object.keys(metafile.outputs[name]?.inputs ?? {}),
    ...(metafile.outputs[name]?.imports ?? [])
      .filter((one) => one.kind === 'import-statement')
      .flatMap((one) => [one.path, ...reached(one.path)]),
  ];
  const isEntry = ({ entryPoint }: { entryPoint?: string }): boolean => entryPoint !== undefined && path.resolve(entryPoint) === file; // prettier-ignore
  const entry = Object.entries(metafile.outputs).find(([, output]) => isEntry(output));
  return reached(entry![0]);
}

/** Modules that load native code. */
export const nativeCode = /tfjs|onnxruntime|sharp|h5wasm|native\//;
