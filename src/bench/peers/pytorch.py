"""microgpt on PyTorch, on the CPU, with the interface of case.mjs: pytorch.py CASE.json losses|time DTYPE THREADS"""
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F

path, mode, dtype, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
dtype = getattr(torch, dtype)
with open(path) as file:
    case = json.load(file)
config = case['config']
with open(case['weights'], 'rb') as file:
    flat = torch.frombuffer(bytearray(file.read()), dtype=torch.float64).to(dtype)

w, at = {}, 0
for entry in case['table']:
    nout, nin = entry['shape']
    weight = flat[at : at + nout * nin].reshape(nout, nin).clone()
    w[entry['name']] = weight.requires_grad_()
    at += nout * nin
heads = config['n_head']
betas = (config['beta1'], config['beta2'])
adam = torch.optim.Adam(w.values(), lr=case['lr'], betas=betas, eps=config['eps_adam'])
batches = [torch.tensor(batch) for batch in case['batches']]


def rmsnorm(x):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def split(x):
    documents, positions, n = x.shape
    return x.view(documents, positions, heads, n // heads).transpose(1, 2)


def forward(ids):
    x = rmsnorm(F.embedding(ids, w['wte']) + w['wpe'])
    for i in range(config['n_layer']):
        layer = f'layer{i}.'
        a = rmsnorm(x)
        q, k, v = (split(F.linear(a, w[f'{layer}attn_w{name}'])) for name in 'qkv')
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(y.transpose(1, 2).reshape(x.shape), w[layer + 'attn_wo'])
        h = F.relu(F.linear(rmsnorm(x), w[layer + 'mlp_fc1']))
        if config['activation'] == 'relu2':
            h = h.square()
        x = x + F.linear(h, w[layer + 'mlp_fc2'])
    return F.linear(x, w['lm_head'])


made = 0


def step():
    global made
    batch = batches[made % len(batches)]
    made += 1
    logits = forward(batch[:, :-1])
    # All documents fill the block: the mean over all positions is the mean of the documents'.
    loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
    adam.zero_grad()
    loss.backward()
    adam.step()
    return loss.item()


losses = [step() for _ in range(case['compared'])]
ms = None
if mode == 'time':
    each = []
    # The steps above have warmed it up. At least three, however long they take.
    while sum(each) < case['seconds'] or len(each) < 3:
        start = time.perf_counter()
        step()
        each.append(time.perf_counter() - start)
    ms = 1000 * statistics.median_high(each)
about = f'PyTorch {torch.__version__}'
print(json.dumps({'about': about, 'losses': losses, 'msPerStep': ms}))
