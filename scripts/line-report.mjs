/** Which lines of which file were run, and the report on them. */

/** Lines of a file, and whether something that begins there was run. */
export class LineReport {
  /** Whether it was run, by line, by file. */
  files = new Map()

  /** Adds a line, or that it was run as well. */
  add(file, line, hit) {
    const lines = this.files.get(file) ?? new Map()
    lines.set(line, hit || lines.get(line) === true)
    this.files.set(file, lines)
  }

  /** A row for each file that has lines, by name. */
  rows() {
    const rows = Array.from(this.files, ([file, lines]) => {
      const missed = [...lines].filter(([, hit]) => !hit).map(([line]) => line)
      missed.sort((a, b) => a - b)
      const hit = lines.size - missed.length
      return { file, lines: lines.size, hit, percent: (100 * hit) / lines.size, missed }
    })
    return rows.sort((a, b) => (a.file < b.file ? -1 : 1))
  }
}

/** Line numbers as text: 3, 7-9. Neighbours in the list of all lines that begin something are joined. */
export function spans(missed, all) {
  const order = [...all].sort((a, b) => a - b)
  const parts = []
  for (let i = 0; i < missed.length;) {
    let end = i
    const at = order.indexOf(missed[i])
    while (end + 1 < missed.length && order[at + end + 1 - i] === missed[end + 1]) end++
    parts.push(end === i ? `${missed[i]}` : `${missed[i]}-${missed[end]}`)
    i = end + 1
  }
  return parts.join(', ')
}

/** The report as a table: a file a row, with its lines, those run, and the numbers of the others. */
export function table(report) {
  const rows = report.rows()
  const width = Math.max(4, ...rows.map(({ file }) => file.length))
  const line = (file, all, hit, percent, rest) =>
    `${file.padEnd(width)}  ${all.padStart(6)}  ${hit.padStart(6)}  ${percent.padStart(6)}  ${rest}`
  const text = rows.map(({ file, lines, hit, percent, missed }) => {
    const rest = spans(missed, report.files.get(file).keys())
    return line(file, `${lines}`, `${hit}`, percent.toFixed(1), rest).trimEnd()
  })
  const sum = (of) => rows.reduce((total, row) => total + row[of], 0)
  const [all, hit] = [sum('lines'), sum('hit')]
  text.push(
    line('all', `${all}`, `${hit}`, ((100 * hit) / Math.max(1, all)).toFixed(1), '').trimEnd(),
  )
  return [line('file', 'lines', 'run', '%', 'not run'), ...text].join('\n')
}

/**
 * Files that have less than a share of their lines run.
 * @param least percent
 * @param exempt tells whether a file is not held to it
 */
export function below(report, least, exempt) {
  return report.rows().filter(({ file, percent }) => percent < least && !exempt(file))
}
