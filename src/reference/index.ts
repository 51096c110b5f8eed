/** The pure-TypeScript twins of the core: scalar autograd, and typed arrays. */
export { Value } from './value.js'
export { ValueGPT } from './model.js'
export { TypedGPT } from './typed.js'
