/** Small DOM functions. Text is always inserted as text, never as HTML. */

type Child = Node | string

/** Creates an element with properties and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<Omit<HTMLElementTagNameMap[K], 'style'>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** An element of the page's HTML. @throws {Error} if it is missing, which is a build error */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no element ${id}`)
  return element as T
}

export const input = (id: string) => byId<HTMLInputElement>(id)
export const button = (id: string) => byId<HTMLButtonElement>(id)
export const canvas = (id: string) => byId<HTMLCanvasElement>(id)

/** Sets the text only if it differs, because replacing a text node causes a new layout. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Moves the focus to another element if it is in this one, which is about to be removed or disabled:
 * the browser would drop the focus.
 */
export function handOnFocus(from: Element, to: HTMLElement): void {
  if (from.contains(document.activeElement)) to.focus({ preventScroll: true })
}

/** Isolates text, so that right-to-left text does not reorder what is next to it. */
const isolated = (child: Child) => (typeof child === 'string' ? h('bdi', {}, child) : child)

/** Replaces a table's rows and keeps its caption; the first row and column are headers. */
export function fillTable(
  table: HTMLTableElement,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
): void {
  const header = h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))
  const body = rows.map(([first = '', ...rest]) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, isolated(first)),
      ...rest.map((cell) => h('td', {}, isolated(cell))),
    ),
  )
  const { caption } = table
  table.replaceChildren(
    ...(caption ? [caption] : []),
    h('thead', {}, header),
    h('tbody', {}, ...body),
  )
}

/** Runs a task when the page has nothing else to do, or after a short time. */
export function whenIdle(task: () => void): void {
  // Safari does not have requestIdleCallback.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(task, { timeout: 100 })
  else setTimeout(task)
}

/** Runs a task once the element is visible; a newer task replaces one that waits. */
export class WhenVisible {
  private visible = false
  private task: (() => void) | null = null
  private readonly observer: IntersectionObserver

  constructor(element: Element) {
    this.observer = new IntersectionObserver(
      (entries) => {
        this.visible = entries.at(-1)!.isIntersecting
        if (this.visible) this.flush()
      },
      { rootMargin: '100px' },
    )
    this.observer.observe(element)
  }

  stop(): void {
    this.observer.disconnect()
    this.task = null
  }

  run(task: () => void): void {
    this.task = task
    if (this.visible) this.flush()
  }

  private flush(): void {
    const { task } = this
    this.task = null
    task?.()
  }
}
