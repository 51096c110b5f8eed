/**
 * What all peers in JavaScript have in common: read the case, run the steps, print one JSON line.
 *
 *     node PEER.mjs CASE.json losses|time DTYPE THREADS
 *
 * The case is written by cases.ts: the config, lr, the table of names and shapes, the file of
 * weights (float64, little-endian, in the table's order), batches of token ids
 * [documents][block_size + 1], the count of steps that are compared, and the seconds to time for.
 */
import { readFileSync } from 'node:fs'

/**
 * @param prepare (case, dtype, threads) => { about, step }: step(batch, t) runs the t-th step, from
 *   1, and returns its loss as a number, or a promise of it
 */
export async function runPeer(prepare) {
  const [file, mode, dtype, threads] = process.argv.slice(2)
  const given = JSON.parse(readFileSync(file, 'utf8'))
  const bytes = readFileSync(given.weights)
  const flat = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
  let at = 0
  const weights = given.table.map(({ name, shape }) => {
    const count = shape[0] * shape[1]
    return { name, shape, data: flat.slice(at, (at += count)) }
  })
  const { about, step } = await prepare({ ...given, weights }, dtype, Number(threads))
  let t = 0
  const next = () => step(given.batches[t % given.batches.length], ++t)

  const losses = []
  for (let i = 0; i < given.compared; i++) losses.push(await next())
  let msPerStep = null
  if (mode === 'time') {
    const each = []
    // The steps above have warmed it up. At least three, however long they take.
    for (let spent = 0; spent < 1000 * given.seconds || each.length < 3;) {
      const start = performance.now()
      await next()
      each.push(performance.now() - start)
      spent += each.at(-1)
    }
    msPerStep = each.sort((a, b) => a - b)[each.length >> 1]
  }
  console.log(JSON.stringify({ about, losses, msPerStep }))
  process.exit(0)
}
