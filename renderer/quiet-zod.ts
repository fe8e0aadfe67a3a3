/**
 * Tells zod, before the contract builds its first schema, not to try `new Function`: the window's policy refuses it and
 * reports the try. `z.config` in contract.ts comes too late for the modules that it imports.
 */
const settings = globalThis as { __zod_globalConfig?: { jitless?: boolean } };
settings.__zod_globalConfig = { ...settings.__zod_globalConfig, jitless: true };

export {};
