# Paste this below microgpt.py: it saves the trained parameters for `microgpt-wasm sample --model`.
import json, struct
fields = dict(n_embd=n_embd, n_head=n_head, n_layer=n_layer, block_size=block_size)
metadata = dict(format='pt', microgpt='1', preset='gist', config=json.dumps(fields))
metadata['alphabet'] = json.dumps(sorted(set(''.join(docs))))
header, data = {'__metadata__': metadata}, b''
for name, rows in state_dict.items():
    raw = b''.join(struct.pack('<d', p.data) for row in rows for p in row)
    shape, offsets = [len(rows), len(rows[0])], [len(data), len(data) + len(raw)]
    header[name], data = dict(dtype='F64', shape=shape, data_offsets=offsets), data + raw
text = json.dumps(header).encode()
text += b' ' * (-len(text) % 8)
open('microgpt.safetensors', 'wb').write(struct.pack('<Q', len(text)) + text + data)
