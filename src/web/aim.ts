/**
 * Links to panels. What lies above a panel may grow when it comes into sight, so the panel is aimed
 * at for a while, until the visitor does something else.
 */
const PATIENCE_MS = 2000
const EVERY_MS = 100
const OTHERS = ['wheel', 'touchstart', 'keydown', 'pointerdown'] as const

/** @param hash of a panel; of anything else nothing is done */
export function aimAt(hash: string): void {
  const target = /^#[a-z]+$/.test(hash) ? document.querySelector(`section${hash}`) : null
  if (!target) return
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

/** Lets all links of the page lead to where their panels really are. */
export function watchLinks(): void {
  document.addEventListener('click', ({ target }) => {
    const link = target instanceof Element ? target.closest('a') : null
    if (link && link.host === location.host && link.hash !== '') aimAt(link.hash)
  })
}
