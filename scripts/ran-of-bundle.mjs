/** What processes ran of a bundle, in the lines of the files that it was made of. */
import { SourceMap } from 'node:module'
import { dirname, join } from 'node:path'

/** Which characters of a bundle some process ran, by V8's own count. */
export class RanText {
  constructor(text) {
    this.text = text
    this.ran = new Uint8Array(text.length)
  }

  /**
   * Adds a process.
   * @param functions V8's ScriptCoverage.functions of it; an inner range overrides those around it
   */
  add(functions) {
    const counts = new Uint8Array(this.text.length)
    const ranges = functions.flatMap(({ ranges: list }) => list)
    ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
    for (const { startOffset, endOffset, count } of ranges) {
      counts.fill(count > 0 ? 1 : 0, startOffset, endOffset)
    }
    for (let i = 0; i < counts.length; i++) this.ran[i] |= counts[i]
  }
}

/**
 * Where a bundle has what a place of a source became.
 * @param text the bundle
 * @param map its source map, parsed; paths in it count from the bundle's folder
 * @returns place(file, line, column): the offset in the bundle of what begins there or, where the map
 *   names no such place, next on that line; undefined when nothing of the line is in the bundle.
 *   Lines count from 1, columns from 0.
 */
export function placesIn(text, map, bundle) {
  const source = new SourceMap(map)
  const places = new Map()
  let start = 0
  for (const [y, line] of text.split('\n').entries()) {
    for (let x = 0; x < line.length; x++) {
      const entry = source.findEntry(y, x)
      if (entry.generatedLine !== y || entry.generatedColumn !== x) continue
      const key = `${join(dirname(bundle), entry.originalSource)}:${entry.originalLine + 1}`
      const list = places.get(key) ?? []
      list.push({ column: entry.originalColumn, offset: start + x })
      places.set(key, list)
    }
    start += line.length + 1
  }
  for (const list of places.values()) list.sort((a, b) => a.column - b.column)
  return (file, line, column) =>
    places.get(`${file}:${line}`)?.find((place) => place.column >= column)?.offset
}
