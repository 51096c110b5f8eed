/** Links to sections scroll there and leave the settings in the address unchanged. */

/** Elements above the target may still grow, so the page keeps scrolling to it for this long. */
const PATIENCE_MS = 1500
const EVERY_MS = 100
const OTHERS = ['wheel', 'touchstart', 'keydown', 'pointerdown'] as const

function holdInSight(target: HTMLElement): void {
  const end = performance.now() + PATIENCE_MS
  const timer = setInterval(() => {
    if (performance.now() > end) stop()
    else target.scrollIntoView({ behavior: 'instant' })
  }, EVERY_MS)
  const stop = () => {
    clearInterval(timer)
    for (const kind of OTHERS) removeEventListener(kind, stop)
  }
  for (const kind of OTHERS) addEventListener(kind, stop, { passive: true })
}

/** Scrolls to a section, opens closed <details> in and around it, and focuses it. */
export function goTo(hash: string): void {
  const target = /^#[a-z-]+$/.test(hash) ? document.querySelector<HTMLElement>(hash) : null
  if (!target) return
  target.hidden = false
  for (const closed of [target, ...ancestors(target)]) {
    if (closed instanceof HTMLDetailsElement) closed.open = true
    const inner = closed.querySelector(':scope > details')
    if (closed === target && inner instanceof HTMLDetailsElement) inner.open = true
  }
  target.scrollIntoView()
  holdInSight(target)
  target.tabIndex = -1
  target.focus({ preventScroll: true })
}

function ancestors(element: Element): Element[] {
  const { parentElement } = element
  return parentElement ? [parentElement, ...ancestors(parentElement)] : []
}

export function watchLinks(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const own = link && link.pathname === location.pathname && link.host === location.host
    if (!own || !/^#[a-z-]+$/.test(link.hash)) return
    event.preventDefault()
    goTo(link.hash)
  })
}
