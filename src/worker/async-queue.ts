/** Items that arrive over time, for any number of readers. */

/** Items kept that no reader is waiting for: enough for a short run to be read after it has ended. */
const KEPT = 16384

/**
 * Each reader gets the items in order. A reader that has begun misses nothing; one that begins late
 * starts at the oldest item kept, which is the first one as long as there are at most 16,384.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private items: T[] = []
  /** Items dropped before items[0]. */
  private dropped = 0
  /** Where each reader is, counted from the first item ever. */
  private readonly readers = new Set<{ at: number }>()
  private end: { error: Error | null } | null = null
  private wake!: () => void
  private change!: Promise<void>

  constructor() {
    this.renew()
  }

  push(items: Iterable<T>): void {
    for (const item of items) this.items.push(item)
    if (this.items.length >= 2 * KEPT) this.trim()
    this.notify()
  }

  close(error: Error | null = null): void {
    this.end = { error }
    this.notify()
  }

  /** @throws what the queue was closed with */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const reader = { at: this.dropped }
    this.readers.add(reader)
    try {
      for (;;) {
        while (reader.at < this.dropped + this.items.length) {
          yield this.items[reader.at++ - this.dropped]!
        }
        if (this.end?.error) throw this.end.error
        if (this.end) return
        await this.change
      }
    } finally {
      this.readers.delete(reader)
    }
  }

  /** Drops what every reader has read, but for the newest. */
  private trim(): void {
    let first = this.dropped + this.items.length - KEPT
    for (const { at } of this.readers) first = Math.min(first, at)
    if (first <= this.dropped) return
    this.items = this.items.slice(first - this.dropped)
    this.dropped = first
  }

  private notify(): void {
    this.wake()
    this.renew()
  }

  private renew(): void {
    this.change = new Promise((resolve) => (this.wake = resolve))
  }
}
