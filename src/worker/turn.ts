/** Turns of the event loop, so that a long run can hear what it is told. */
const channel = typeof MessageChannel === 'undefined' ? null : new MessageChannel()

/** After the messages that wait. A message of its own waits 0 ms; a timer would wait 4. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (!channel) {
      setTimeout(resolve)
      return
    }
    channel.port1.addEventListener('message', () => resolve(), { once: true })
    channel.port1.start()
    channel.port2.postMessage(null)
  })
}
