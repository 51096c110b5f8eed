/** The larger models of the benchmark. */

/** Documents fill the block; the alphabet has 64 characters, so the vocabulary is 65. */
export const SIZES = {
  small: { n_embd: 64, n_head: 4, n_layer: 2, block_size: 32, batch_size: 16 },
  medium: { n_embd: 128, n_head: 4, n_layer: 4, block_size: 64, batch_size: 16 },
  large: { n_embd: 256, n_head: 8, n_layer: 6, block_size: 128, batch_size: 8 },
} as const
export type Size = keyof typeof SIZES
