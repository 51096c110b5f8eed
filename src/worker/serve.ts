/** The worker's side of createWorkerModel: one model, and one run at a time. */
import { TrainingError } from '../errors.js'
import { MicroGPT } from '../microgpt.js'
import { type Call, type Calls, type Reply, type Request, packError } from './messages.js'
import { nextTurn } from './turn.js'

/** At most 20 messages a second, however fast the steps are. */
const MESSAGE_MS = 50
/** Steps between two looks at the clock. */
const STRIDE = 16

interface Port {
  postMessage(message: Reply, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: Request }) => void): void
}

export function serve(port: Port): void {
  let model: MicroGPT | null = null
  const stopped = new Set<number>()
  let running = false

  const gpt = () => {
    if (!model) throw new TrainingError('there is no model in this worker yet')
    return model
  }

  async function train(id: number, { steps }: { steps?: number }): Promise<Calls['train'][1]> {
    if (running) throw new TrainingError('this model is training already; wait, or abort that run')
    running = true
    const run = gpt().train(steps === undefined ? {} : { steps })
    let losses: number[] = []
    let lrs: number[] = []
    const flush = () => {
      if (losses.length === 0) return
      const batch = { losses: Float64Array.from(losses), lrs: Float64Array.from(lrs) }
      port.postMessage({ id, step: gpt().step, ...batch }, [batch.losses.buffer, batch.lrs.buffer])
      losses = []
      lrs = []
    }
    try {
      for (;;) {
        const until = performance.now() + MESSAGE_MS
        do {
          for (let i = 0; i < STRIDE; i++) {
            const { done, value } = run.next()
            if (done) return { status: 'completed', step: gpt().step }
            losses.push(value.loss)
            lrs.push(value.lr)
          }
        } while (performance.now() < until)
        flush()
        await nextTurn()
        if (stopped.delete(id)) return { status: 'aborted', step: gpt().step }
      }
    } finally {
      flush()
      running = false
    }
  }

  const calls: { [C in Call]: (argument: Calls[C][0], id: number) => unknown } = {
    async create(options) {
      model = await MicroGPT.create(options)
      const { config, tokenizer, docs } = model
      return { config, chars: tokenizer.chars, docs }
    },
    train: (options, id) => train(id, options),
    sample: (options) => gpt().sample(options),
    generate: (options) => [...gpt().generate(options)],
    loss: (docs) => gpt().loss(docs),
    params: () => gpt().params.slice(),
    stateDict: () =>
      Array.from(gpt().stateDict.values(), ({ name, shape, purpose, data, grad }) => {
        return { name, shape, purpose, data: data.slice(), grad: grad.slice() }
      }),
  }

  port.addEventListener('message', async ({ data: request }) => {
    const { id, call } = request
    if (call === 'stop') {
      if (running) stopped.add(id)
      return
    }
    try {
      const result = (await calls[call](request.argument as never, id)) as Calls[Call][1]
      port.postMessage({ id, result }, [])
    } catch (error) {
      port.postMessage({ id, error: packError(error) }, [])
    }
  })
}
