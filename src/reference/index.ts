/** The reference engines, in pure TypeScript: scalar autograd, and loops over typed arrays. */
export { Value } from './value.js'
export { ValueGPT } from './model.js'
export { TypedGPT } from './typed.js'
