/** Makes this script a worker when its first message says so; until then it does nothing. */
import { type Assets, useAssets } from '../engine/assets.js'
import type { ServerPort } from './rpc.js'
import { serveModel } from './serve-model.js'

export const HELLO = 'worker'

/** The first message. Other scripts' messages, in a worker that only imports this one, differ. */
export interface Hello {
  microgpt: typeof HELLO
  assets: Assets
}

/** Called once, by worker.js and by the inline bundle when it is no page's. */
export function serveWhenAsked(): void {
  const scope = globalThis as unknown as ServerPort & EventTarget
  const hear = (event: Event) => {
    const { data } = event as MessageEvent<Partial<Hello> | null>
    if (data?.microgpt !== HELLO || !data.assets) return
    scope.removeEventListener('message', hear)
    useAssets(data.assets)
    serveModel(scope)
    scope.postMessage({ microgpt: 'ready' } as never, [])
  }
  scope.addEventListener('message', hear as never)
}
