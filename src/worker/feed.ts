/** What comes bit by bit, for whoever reads it: all of it, from the start, also when it is over. */
export class Feed<T> implements AsyncIterable<T> {
  private readonly items: T[] = []
  private end: { error: Error | null } | null = null
  private wake!: () => void
  private news!: Promise<void>

  constructor() {
    this.renew()
  }

  push(items: Iterable<T>): void {
    for (const item of items) this.items.push(item)
    this.tell()
  }

  close(error: Error | null = null): void {
    this.end = { error }
    this.tell()
  }

  /** @throws what it was closed with */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (let i = 0; ;) {
      while (i < this.items.length) yield this.items[i++]!
      if (this.end?.error) throw this.end.error
      if (this.end) return
      await this.news
    }
  }

  /** Wakes all who wait. */
  private tell(): void {
    this.wake()
    this.renew()
  }

  private renew(): void {
    this.news = new Promise((resolve) => (this.wake = resolve))
  }
}
