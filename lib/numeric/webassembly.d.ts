// What this project uses of the WebAssembly JavaScript interface (W3C, 2.0 with threads); neither es2024 nor
// @types/node declares its values.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static exports(module: Module): readonly { readonly name: string; readonly kind: string }[];
  }
  class Memory {
    constructor(limits: { readonly initial: number; readonly maximum: number; readonly shared: boolean });
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  }
  /** `Exports`: what the module is known to export. */
  class Instance<Exports> {
    constructor(module: Module, imports: { readonly [module: string]: { readonly [name: string]: Memory } });
    readonly exports: Exports;
  }
  function validate(bytes: Uint8Array): boolean;
}
