import { readFileSync } from 'node:fs';
import wabt from 'wabt';

/**
 * Makes WebAssembly of a file of its text format.
 *
 * @returns a JavaScript module whose default export is the bytes. Same text, same bytes.
 * @throws Error that names the line which is wrong
 */
async function assembled(path) {
  const { parseWat } = await wabt();
  const module = parseWat(path, readFileSync(path, 'utf8'), { simd: true });
  try {
    module.validate();
    const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64');
    return `export default Uint8Array.from(Buffer.from(${JSON.stringify(base64)}, 'base64'));`;
  } finally {
    module.destroy();
  }
}

/** For esbuild: `import code from './file.wat'` gives the module's bytes. */
export const watForEsbuild = {
  name: 'wat',
  setup(build) {
    build.onLoad({ filter: /\.wat$/ }, async ({ path }) => ({ contents: await assembled(path) }));
  },
};

/** The same for Vite, and so for the tests. */
export const watForVite = {
  name: 'wat',
  enforce: 'pre',
  load: (id) => (id.endsWith('.wat') ? assembled(id) : null),
};
