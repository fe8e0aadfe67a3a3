import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import ts from 'typescript';

/**
 * Makes a parser for the components and modules of one TypeScript project, with types, that makes one program for all of
 * them. The usual way begins a new one for every component: the compiler sees a component as the code that its parser makes
 * of it, not as the file on disk. Here the program is given that code from the start.
 *
 * @param configFile the project's tsconfig.json
 * @param typescript the parser of typescript-eslint
 * @param component the parser of components, which calls that of their scripts
 */
export function typedComponentParser(configFile, typescript, component) {
  let program;
  const parseForESLint = (code, { project: _, ...options }) => {
    program ??= makeProgram(configFile, (file) => scriptOf(file, typescript, component));
    // The parser of components also asks about parts of their code, for which it needs no types.
    const isInProgram = program.getSourceFile(options.filePath)?.text === code;
    return typescript.parseForESLint(code, isInProgram ? { ...options, programs: [program] } : options);
  };
  return { ...typescript, parseForESLint };
}

function makeProgram(configFile, scriptOf) {
  const svelte = { extension: '.svelte', isMixedContent: true, scriptKind: ts.ScriptKind.Deferred };
  const { config } = ts.readConfigFile(configFile, ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    config,
    ts.sys,
    dirname(configFile),
    {},
    configFile,
    undefined,
    [svelte],
  );
  options.allowNonTsExtensions = true;
  const host = ts.createCompilerHost(options, true);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (file, languageVersion, ...others) =>
    file.endsWith('.svelte')
      ? ts.createSourceFile(file, scriptOf(file), languageVersion, true, ts.ScriptKind.TS)
      : getSourceFile(file, languageVersion, ...others);
  return ts.createProgram(fileNames, options, host);
}

/** The code that stands for a component: what its parser has parsed last. */
function scriptOf(file, typescript, component) {
  let script = '';
  const parseForESLint = (code, options) => {
    script = code;
    return typescript.parseForESLint(code, options);
  };
  component.parseForESLint(readFileSync(file, 'utf8'), {
    filePath: file,
    parser: { ...typescript, parseForESLint },
  });
  return script;
}
