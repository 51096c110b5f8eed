// Goes before the page's worker: a slow store. A write carries 16 MiB more, and its transaction stays
// open for some seconds as long as the worker is able to make requests. Says when a write has begun.
{
  const HOLD_MS = 3000
  const { put } = IDBObjectStore.prototype
  IDBObjectStore.prototype.put = function (value, key) {
    const request = put.call(this, value, key)
    if (key[0] !== 'run') return request
    for (let i = 0; i < 16; i++) put.call(this, new Uint8Array(2 ** 20), ['more', i])
    const end = Date.now() + HOLD_MS
    const hold = () => {
      if (Date.now() > end) return
      try {
        this.count().onsuccess = hold
      } catch {
        // The transaction has been broken off.
      }
    }
    hold()
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- only windows have one
    new BroadcastChannel('writes').postMessage('begun')
    return request
  }
}
