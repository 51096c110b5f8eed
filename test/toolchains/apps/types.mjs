import core from 'microgpt-wasm/core.wasm';
import { MicroGPT, loadCore } from 'microgpt-wasm';
import * as inline from 'microgpt-wasm/inline';
import { NAMES } from 'microgpt-wasm/names';
import * as reference from 'microgpt-wasm/reference';
import { createWorkerModel, loadWorkerModel } from 'microgpt-wasm/worker';
const docs = NAMES.trim().split('\n');
const gpt = await MicroGPT.create({ docs, preset: 'gist', seed: 1n, config: { n_embd: 8 }, core });
for (const { step, loss, lr, valLoss } of gpt.train({ steps: 1, evalEvery: 5 })) {
    const all = [step, loss, lr, valLoss ?? 0];
    all.pop();
}
const dict = gpt.stateDict;
const data = dict.get('layer0.attn_wq')?.data;
const names = gpt.sample({ count: 2 });
const file = gpt.save({ optimizer: true });
const text = { text: 'to be' };
// @ts-expect-error: documents or a text, not both
const wrong = { docs, text: 'to be' };
// @ts-expect-error: docs is missing
await MicroGPT.create({});
// @ts-expect-error: there is no such field
await MicroGPT.create({ docs, config: { n_embed: 8 } });
const model = await createWorkerModel({ docs: names });
const { status } = await model.train({ steps: 3 }).result;
const how = status;
const again = await loadWorkerModel(file, { docs: names });
for await (const { loss } of again.train())
    loss.toFixed(2);
const exports = await loadCore();
const e = exports.exp(1);
// @ts-expect-error: there is no such export of the core
exports.nothing;
export { data, e, how, inline, reference, text, wrong };
