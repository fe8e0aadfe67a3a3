import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Linter } from 'eslint';
import svelte from 'eslint-plugin-svelte';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../main/testing/temporary.ts';
import { typedComponentParser } from './typed-components.mjs';

/** Two components and a module of one project, of which `Bad.svelte` and `bad.ts` leave a promise alone. */
const files = {
  'tsconfig.json': '{ "compilerOptions": { "strict": true, "lib": ["ES2023", "DOM"], "types": [] }, "include": ["."] }',
  'state/save.ts': 'export async function save(): Promise<void> {}\nexport function count(): number { return 1; }\n',
  'bad.ts': "import { save } from './state/save.ts';\nsave();\n",
  'Good.svelte': `<script lang="ts">
  import { count } from './state/save.ts';
  interface Props { name: string }
  let { name }: Props = $props();
</script>
<button onclick={() => count()}>{name}</button>
`,
  'Bad.svelte': `<script lang="ts">
  import Good from './Good.svelte';
  import { save } from './state/save.ts';
  save();
</script>
<Good name="x" />
{#each ['a'] as name (name)}<button onclick={() => { save(); }}>{name}</button>{/each}
`,
};

async function linesOf(file: keyof typeof files): Promise<string[]> {
  const folder = await temporaryFolder();
  mkdirSync(join(folder, 'state'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const ofComponents = svelte.configs['flat/base'].find((config) => config.languageOptions?.parser)!.languageOptions!
    .parser as Linter.Parser;
  const parser = typedComponentParser(join(folder, 'tsconfig.json'), tseslint.parser, ofComponents) as Linter.Parser;
  const config = {
    plugins: { ts: tseslint.plugin },
    rules: { 'ts/no-floating-promises': 'error' },
  } as unknown as Linter.Config;
  const messages = new Linter({ cwd: folder }).verify(
    files[file],
    [
      { ...config, files: ['**/*.ts'], languageOptions: { parser } },
      { ...config, files: ['**/*.svelte'], languageOptions: { parser: ofComponents, parserOptions: { parser } } },
    ],
    join(folder, file),
  );
  return messages.map(({ line, ruleId, message }) => `${line} ${ruleId ?? message}`);
}

describe('typedComponentParser', () => {
  it('lets rules about types find a promise left alone, in the script and in the markup of a component', async () => {
    expect(await linesOf('Bad.svelte')).toEqual(['4 ts/no-floating-promises', '7 ts/no-floating-promises']);
  });

  it('finds nothing where there is none', async () => {
    expect(await linesOf('Good.svelte')).toEqual([]);
  });

  it('serves the modules of the same project', async () => {
    expect(await linesOf('bad.ts')).toEqual(['2 ts/no-floating-promises']);
  });
});
