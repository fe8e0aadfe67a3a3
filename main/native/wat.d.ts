/** A module of WebAssembly in its text format; the build makes its bytes of it (`scripts/build/wat.mjs`). */
declare module '*.wat' {
  const code: Uint8Array<ArrayBuffer>;
  export = code;
}

/** What is used of WebAssembly, whose types come with those of browsers only. */
declare const WebAssembly: {
  Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  Module: new (code: Uint8Array<ArrayBuffer>) => object;
  Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { readonly exports: object };
};
