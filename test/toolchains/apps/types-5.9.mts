import { MicroGPT } from 'microgpt-wasm'

const gpt = await MicroGPT.create({ docs: ['anna'] })
export const blob = new Blob([gpt.save()])
export const response = new Response(gpt.save({ optimizer: true }))
