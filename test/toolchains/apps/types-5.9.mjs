import { MicroGPT } from 'microgpt-wasm';
const gpt = await MicroGPT.create({ docs: ['anna'] });
new Blob([gpt.save()]);
new Response(gpt.save({ optimizer: true }));
