/**
 * Types of the platform for programs with and without the DOM's or Node's declarations: the real one
 * where it is declared, else as much of it as this package uses.
 */
type Global<Name extends string, Else> = typeof globalThis extends {
  [N in Name]: { prototype: infer T }
}
  ? T
  : Else

export type URL = Global<'URL', { readonly href: string }>
export type Response = Global<'Response', { arrayBuffer(): Promise<ArrayBuffer> }>
export type AbortSignal = Global<'AbortSignal', { readonly aborted: boolean; readonly reason: any }>
export type Worker = Global<'Worker', { terminate(): void }>
export type Transferable = ArrayBuffer | Global<'MessagePort', object>

export declare namespace WebAssembly {
  type Module = typeof globalThis extends {
    WebAssembly: { Module: { prototype: infer T } }
  }
    ? T
    : object
  type Memory = typeof globalThis extends {
    WebAssembly: { Memory: { prototype: infer T } }
  }
    ? T
    : { readonly buffer: ArrayBuffer }
}
