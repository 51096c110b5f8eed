/** axe-core in a page: what it finds serious. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/**
 * Rule and place of each serious or critical finding.
 * @param rules all of them unless given
 */
export async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  // Not as a script element: the page's policy would refuse it.
  await page.evaluate(axe.source)
  const options = { resultTypes: ['violations' as const], ...(rules && { runOnly: rules }) }
  const { violations } = await page.evaluate(
    (wanted) => (globalThis as unknown as { axe: typeof axe }).axe.run(wanted),
    options,
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} ${target}: ${failureSummary}`),
    )
}
