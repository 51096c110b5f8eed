/** Computing time, which other work of the machine hardly changes. */

/** Milliseconds that this process has computed since it began, all its threads together. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
