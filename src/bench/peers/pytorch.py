"""microgpt on PyTorch, on the CPU, with the interface of case.mjs: pytorch.py CASE.json losses|time DTYPE THREADS"""
import json
import os
import re
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


def attend(q, k, v):
    if hasattr(F, 'scaled_dot_product_attention'):
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)
    scores = q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5  # PyTorch 1.
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
    return scores.masked_fill(later, float('-inf')).softmax(-1) @ v


def blas():
    """The BLAS that this process uses: the figures depend on it."""
    built = re.search(r'BLAS_INFO=(\w+)', torch.__config__.show())
    built = built.group(1) if built else 'unknown'
    if built != 'generic' or not os.path.exists('/proc/self/maps'):
        return built
    # Debian links to libblas.so.3, which may be the slow reference or OpenBLAS.
    with open('/proc/self/maps') as file:
        loaded = {os.path.realpath(path) for path in re.findall(r'/\S+\.so[.\d]*', file.read())}
    paths = ' '.join(sorted(loaded))
    names = {'openblas': 'OpenBLAS', 'blis': 'BLIS', 'mkl_rt': 'MKL', 'atlas': 'ATLAS'}
    for part, name in names.items():
        if part in paths:
            version = re.search(part + r'\w*-r(\d[\d.]*\d)', paths)
            return f'{name} {version.group(1)}' if version else name
    return 'the reference BLAS, 5 to 8 times slower than OpenBLAS (install libopenblas0)'


def forward(ids):
    x = rmsnorm(F.embedding(ids, w['wte']) + w['wpe'])
    for i in range(config['n_layer']):
        layer = f'layer{i}.'
        a = rmsnorm(x)
        q, k, v = (split(F.linear(a, w[f'{layer}attn_w{name}'])) for name in 'qkv')
        y = attend(q, k, v)
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
about = f'PyTorch {torch.__version__}, BLAS: {blas()}'
print(json.dumps({'about': about, 'losses': losses, 'msPerStep': ms}))
