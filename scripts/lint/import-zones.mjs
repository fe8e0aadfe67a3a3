import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { root } from '../setup/paths.mjs';
import { testZone, zones } from './zones.mjs';

const httpModules = ['http', 'https', 'http2', 'net', 'tls', 'dgram'];

/** ESLint rule: a file imports only what its folder's zone allows. */
export const importZones = {
  meta: { type: 'problem', schema: [], messages: { forbidden: '{{folder}} may not import {{what}}.' } },
  create(context) {
    const folder = zoneOf(pathFromRoot(context.filename));
    if (folder === null) return {};
    const allowed = [zones[folder], ...(context.filename.includes('.test.') ? [testZone(folder)] : [])];

    const check = (node, source, isType) => {
      if (typeof source?.value !== 'string') return;
      const what = resolveImport(source.value, context.filename);
      if (allowed.some((zone) => isAllowed(what, isType, folder, zone))) return;
      context.report({ node: source, messageId: 'forbidden', data: { folder, what: describe(what, isType) } });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
    };
  },
};

function isAllowed({ path, packageName, nodeModule }, isType, folder, zone) {
  if (nodeModule !== undefined) return Boolean(zone.node && (zone.http || isType || !httpModules.includes(nodeModule)));
  if (packageName !== undefined) {
    const packages = [...(zone.packages ?? []), ...(isType ? (zone.typePackages ?? []) : [])];
    return packages.some((pattern) => matches(packageName, pattern));
  }
  const folders = [folder, ...(zone.folders ?? []), ...(isType ? (zone.types ?? []) : [])];
  return folders.some((allowed) => isInside(path, allowed));
}

function resolveImport(specifier, fromFile) {
  if (isBuiltin(specifier)) return { nodeModule: specifier.replace(/^node:/, '').split('/')[0] };
  if (specifier.startsWith('.')) return { path: pathFromRoot(resolve(dirname(fromFile), specifier)) };
  return {
    packageName: specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/'),
  };
}

function describe({ path, packageName, nodeModule }, isType) {
  if (nodeModule !== undefined) return `Node's ${nodeModule}`;
  return packageName ?? `${isType ? '' : 'values from '}${path}`;
}

function matches(packageName, pattern) {
  return pattern.endsWith('*') ? packageName.startsWith(pattern.slice(0, -1)) : packageName === pattern;
}

/** `import type { A }` and `import { type A }`. */
function isTypeOnly(node) {
  if (node.importKind === 'type') return true;
  return node.specifiers.length > 0 && node.specifiers.every((specifier) => specifier.importKind === 'type');
}

function zoneOf(path) {
  const fitting = Object.keys(zones).filter((folder) => isInside(path, folder));
  return fitting.sort((one, other) => other.length - one.length)[0] ?? null;
}

function isInside(path, folder) {
  return path === folder || path.startsWith(`${folder}/`);
}

function pathFromRoot(file) {
  return relative(root, file).split(sep).join('/');
}
