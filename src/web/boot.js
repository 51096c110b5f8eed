// Before all else: a worker takes longer to start than the page takes to read its own script. The
// first one is told whether to begin with the shipped names; what it says waits for the page.
const heard = []
const listen = ({ data }) => heard.push(data)
const worker = new Worker(location.hash.includes('=') ? 'page-worker.js' : 'page-worker.js#names')
worker.addEventListener('message', listen)
globalThis.early = { worker, heard, listen }
