/** Links to sections: they scroll, and leave the address with its settings alone. */

/** Scrolls to a section, opens what is closed around it, and puts the focus there. */
export function goTo(hash: string): void {
  const target = /^#[a-z-]+$/.test(hash) ? document.querySelector<HTMLElement>(hash) : null
  if (!target) return
  for (const closed of [target, ...ancestors(target)]) {
    if (closed instanceof HTMLDetailsElement) closed.open = true
    const inner = closed.querySelector(':scope > details')
    if (closed === target && inner instanceof HTMLDetailsElement) inner.open = true
  }
  target.scrollIntoView()
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
