#!/usr/bin/env python3
"""Continues a microgpt-wasm checkpoint in PyTorch, in one process or in many, and saves it again.

    python3 microgpt_torch.py model.safetensors --data data.txt --num-steps 1000
    torchrun --nproc_per_node=8 microgpt_torch.py model.safetensors --data data.txt

The run goes on exactly where the file stops: same batches, learning rates and Adam moments.
`microgpt-wasm train --resume model.safetensors --data data.txt` takes the saved file as it is.
Files are always float64. Parameter names are those of the file: wte, layer0.attn_wq, ...
"""
import argparse
import array
import contextlib
import ctypes
import json
import math
import mmap
import os
import random
import re
import signal
import sys
import time
from itertools import chain

NOTES = """Under torchrun it trains with DistributedDataParallel, or with fully_shard (--fsdp): over
nccl on CUDA, else over gloo. Each node needs its own copy of the model and the data; rank 0 saves.
For tiny models set OMP_NUM_THREADS=1. Ctrl-C saves after the current step.

Tested on CPUs: one and two processes over gloo in PyTorch 1.13 and 2.13; --fsdp and --bf16 in
2.13. Untested: CUDA, nccl, --bf16 on a GPU, --compile, several hosts, torchrun itself, and newer
PyTorch."""

# What a new model has unless told otherwise; the fields are in the order of the file.
FIELDS = {
    'n_embd': 16, 'n_head': 4, 'n_layer': 1, 'block_size': 8, 'head_dim': 4, 'init_std': 0.02,
    'zero_init_projections': True, 'activation': 'relu2', 'learning_rate': 1e-2, 'beta1': 0.9,
    'beta2': 0.95, 'eps_adam': 1e-8, 'lr_schedule': 'cosine', 'warmup_steps': 0, 'num_steps': 500,
    'batch_size': 1, 'temperature': 0.5, 'weight_decay': 0.0, 'grad_clip': None,
}
CHOICES = {
    'activation': ('relu', 'relu2', 'gelu'),
    'lr_schedule': ('cosine', 'linear', 'constant'),
}
# Another value would make another model of these: they need --new.
FIXED = (*list(FIELDS)[:4], 'init_std', 'zero_init_projections', 'activation')
# The metadata in the order of the file, each with the value that is left out.
KEYS = dict.fromkeys((
    'format', 'microgpt', 'preset', 'config', 'alphabet', 'seed', 'step', 'mode', 'docs_seen',
    'num_docs', 'num_chars', 'docs_hash', 'val_fraction', 'random_index', 'random_gauss',
))
KEYS.update(mode='docs', val_fraction='0.0', random_gauss='None')
WORDS, MOMENTS = 'random.words', {'adam.m.': 'exp_avg', 'adam.v.': 'exp_avg_sq'}


def fail(message, code=1):
    """Ends with one sentence, which the first process of a host prints."""
    if os.environ.get('LOCAL_RANK', '0') == '0':
        print(f'microgpt_torch: {message}', file=sys.stderr)
    raise SystemExit(code)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def read(path):
    """The metadata of a safetensors file, and its tensors: name to bytes."""
    with open(path, 'rb') as file:
        size = os.fstat(file.fileno()).st_size
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) if size else b''
    try:
        start = 8 + int.from_bytes(data[:8], 'little')
        header = json.loads(data[8:start])
        metadata = header.pop('__metadata__')
        spans = {name: entry['data_offsets'] for name, entry in header.items()}
        dtypes = {entry['dtype'] for entry in header.values()}
        known = metadata['microgpt'] == '1'
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        fail(f'{path} is not a checkpoint of microgpt-wasm, version 1')
    if dtypes != {'F64'}:
        fail(f'{path} must be float64; MicroGPT.load(..., {{ widen: true }}) reads it, to be saved')
    if max(end for _, end in spans.values()) != size - start:
        fail(f'{path} is not complete: its size is not what its header says')
    return metadata, {name: memoryview(data)[start:][a:b] for name, (a, b) in spans.items()}


def write(path, metadata, shapes, get, owner):
    """Replaces a file as a whole. Every rank calls get(name, shape) for the bytes of each tensor,
    and the owner writes them."""
    header, end = {'__metadata__': metadata}, 0
    for name, shape in shapes:
        start, end = end, end + 8 * math.prod(shape)
        header[name] = {'dtype': 'F64', 'shape': shape, 'data_offsets': [start, end]}
    head = compact(header).encode()
    head += b' ' * (-len(head) % 8)
    temporary = f'{path}.{os.getpid()}.tmp' if owner else os.devnull
    try:
        with open(temporary, 'wb') as file:
            file.write(len(head).to_bytes(8, 'little') + head)
            for name, shape in shapes:
                file.write(get(name, shape))
            if owner:  # Before the rename: otherwise a power failure may leave an empty file.
                file.flush()
                os.fsync(file.fileno())
        if owner:
            os.replace(temporary, path)
    finally:
        if owner and os.path.exists(temporary):
            os.remove(temporary)


def read_data(path, text_mode):
    """One document per line, stripped, empty ones left out; or one text, as it is."""
    with open(path, encoding='utf-8-sig') as file:
        text = file.read()
    data = text if text_mode else [doc for doc in map(str.strip, text.split('\n')) if doc]
    return data or fail(f'{path} has nothing to learn from')


def hash_of(pieces):
    """The 64 bits that a file has of its data: UTF-16 units of documents, or ids of a text."""
    units = (array.array('H', x.encode('utf-16-le')) if isinstance(x, str) else x for x in pieces)
    a, b = 0x9E3779B9, 0x85EBCA6B
    for x in chain(chain.from_iterable(chain(piece, [0x10000]) for piece in units), range(4)):
        a = ((a ^ x) + (b >> 15)) * 0xC2B2AE35 & 0xFFFFFFFF
        b = ((b ^ x) + (a >> 13)) * 0x27D4EB2F & 0xFFFFFFFF
    return f'{a:08x}{b:08x}'


class Run:
    """A run between two steps: metadata, config, data, generator and, as bytes, its tensors."""

    def __init__(self, metadata, tensors, data):
        self.metadata, self.tensors = metadata, tensors
        self.config, chars = json.loads(metadata['config']), json.loads(metadata['alphabet'])
        self.bos, self.index = len(chars), {char: i for i, char in enumerate(chars)}
        self.text = metadata.get('mode') == 'text'
        self.step = self.seen = 0
        # CPython's own generator: ours is the same, number for number.
        self.random = random.Random(int(metadata['seed']))
        odd = next((char for piece in data for char in piece if char not in self.index), None)
        if odd is not None:
            fail(f'the data has the character {odd!r}, which the model has no token for')
        if self.text:
            data = array.array('H' if self.bos < 65536 else 'I', map(self.index.get, data))
        else:
            self.random.shuffle(data)
        # The last part is held out: documents, or consecutive blocks of a text.
        fraction, block = metadata.get('val_fraction', '0'), self.config['block_size']
        held, pieces = int(len(data) * float(fraction)), [data] if self.text else data
        self.data, self.train = data, len(data) - held
        self.held = max(0, held - 1) // block if self.text else held
        many = f'{len(data)}'
        mark = {'num_docs': '1', 'num_chars': many} if self.text else {'num_docs': many}
        mark['docs_hash'] = hash_of([*pieces, f'split {fraction}'] if held else pieces)
        if WORDS in tensors:  # Else these are parameters alone, for a new run.
            if mark['docs_hash'] != metadata['docs_hash']:
                what = 'num_chars' if self.text else 'num_docs'
                what = f'{metadata[what]} {"characters" if self.text else "documents"}'
                fail(f'the run was trained on other data ({what}); give the same --data')
            self.step, self.seen = int(metadata['step']), int(metadata['docs_seen'])
            words, gauss = memoryview(tensors[WORDS]).cast('d'), metadata.get('random_gauss')
            state = (*map(int, words), int(metadata['random_index']))
            self.random.setstate((3, state, gauss and float(gauss)))
        elif self.train <= (block if self.text else 0) or (float(fraction) > 0 and not self.held):
            fail(f'the data is too short for block_size {block} and what is held out')
        self.metadata.update(mark)

    def sequence(self, at):
        """The ids of document `at`, or of the block of the text that begins there."""
        end = self.config['block_size'] + 1
        if self.text:
            return list(self.data[at : at + end])
        return [self.bos, *map(self.index.get, self.data[at][:end]), self.bos][:end]

    def batch(self):
        """The next step's sequences, all of them on every rank: the generators stay alike."""
        first, self.seen = self.seen, self.seen + self.config['batch_size']
        if self.text:
            offsets = self.train - self.config['block_size']
            return [self.sequence(self.random.randrange(offsets)) for _ in range(first, self.seen)]
        return [self.sequence(i % self.train) for i in range(first, self.seen)]

    def rate(self):
        """The learning rate of the next step, by its index from 0."""
        rate, step, total = self.config['learning_rate'], self.step, self.config['num_steps']
        schedule, warmup = self.config['lr_schedule'], self.config.get('warmup_steps', 0)
        if schedule == 'linear':
            rate *= max(0, 1 - step / total)
        elif schedule == 'cosine':
            rate *= 0.5 * (1 + math.cos(math.pi * step / total)) if step < total else 0
        return rate * ((step + 1) / warmup) if step + 1 < warmup else rate

    def shapes(self):
        """The matrices in the order of the file."""
        n, vocab, block = self.config['n_embd'], self.bos + 1, self.config['block_size']
        yield from (('wte', (vocab, n)), ('wpe', (block, n)), ('lm_head', (vocab, n)))
        for i in range(self.config['n_layer']):
            yield from ((f'layer{i}.attn_{name}', (n, n)) for name in ('wq', 'wk', 'wv', 'wo'))
            yield from ((f'layer{i}.mlp_fc1', (4 * n, n)), (f'layer{i}.mlp_fc2', (n, 4 * n)))

    def stored(self, name, shape):
        """The bytes of a tensor as read; zeros for moments that the file lacks."""
        return self.tensors.get(name) or bytearray(8 * math.prod(shape))

    def change(self, fields):
        """Other values for some fields of the config."""
        config = {**self.config, **fields}
        order = [name for name in FIELDS if config.get(name) or name != 'warmup_steps']
        self.config = {name: config[name] for name in order}
        # Numbers as JavaScript writes them: 1e-8, not 1e-08; 1, not 1.0.
        self.metadata['config'] = re.sub(r'\.0(?=[,}])|(?<=e-)0', '', compact(self.config))

    def save(self, path, get=None, owner=True):
        """Writes the run. get(name, shape): the bytes of a tensor; those read unless given."""
        _, (*words, index), gauss = self.random.getstate()
        self.tensors[WORDS] = memoryview(array.array('d', words)).cast('B')
        now = {'step': str(self.step), 'docs_seen': str(self.seen), 'random_index': str(index)}
        now = {'random_gauss': repr(gauss), **self.metadata, **now}  # Steps draw no gauss.
        metadata = {key: now[key] for key in KEYS if now.get(key, KEYS[key]) != KEYS[key]}
        matrices = list(self.shapes())
        shapes = [(prefix + name, shape) for prefix in ('', *MOMENTS) for name, shape in matrices]
        write(path, metadata, [*shapes, (WORDS, (624,))], get or self.stored, owner)


def resumed(path, data_path, fields):
    """The run of a file, with other values for some fields of its config."""
    metadata, tensors = read(path)
    run = Run(metadata, tensors, read_data(data_path, metadata.get('mode') == 'text'))
    if fields:
        run.change(fields)
    return run


def new(data_path, mode='docs', val_fraction=0.0, seed=42, fields=()):
    """A new run, initialised as microgpt-wasm does with the same seed."""
    config = {**FIELDS, **dict(fields)}
    if config['n_embd'] % config['n_head']:
        fail('n_embd ({n_embd}) must be divisible by n_head ({n_head})'.format(**config), 2)
    config['head_dim'] = config['n_embd'] // config['n_head']
    data = read_data(data_path, mode == 'text')
    metadata = {'format': 'pt', 'microgpt': '1', 'preset': 'tutorial', 'config': compact(config)}
    metadata.update(alphabet=compact(sorted(set(chain(*data)))), seed=str(seed), mode=mode)
    run = Run({**metadata, 'val_fraction': str(val_fraction)}, {}, data)
    run.change({})
    for name, shape in run.shapes():
        zero = config['zero_init_projections'] and name.endswith(('attn_wo', 'mlp_fc2'))
        std, draw = 0.0 if zero else config['init_std'], run.random.gauss
        numbers = array.array('d', (draw(0, std) for _ in range(math.prod(shape))))
        run.tensors[name] = memoryview(numbers).cast('B')
    return run


def make_model(config, vocab):
    """The GPT as a module: rmsnorm without gain, no biases; parameters are named as in the file."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    n, heads = config['n_embd'], config['n_head']
    activation = {
        'relu': F.relu,
        'relu2': lambda x: F.relu(x).square(),
        'gelu': lambda x: F.gelu(x, approximate='tanh'),
    }[config['activation']]

    def matrix(nout, nin):
        return nn.Parameter(torch.zeros(nout, nin, dtype=torch.float64))

    def rmsnorm(x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)

    def attend(q, k, v):
        if hasattr(F, 'scaled_dot_product_attention'):  # From PyTorch 2.0 on.
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(-2, -1) / math.sqrt(n // heads)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1) @ v

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attn_wq, self.attn_wk, self.attn_wv, self.attn_wo = (matrix(n, n) for _ in 'qkvo')
            self.mlp_fc1, self.mlp_fc2 = matrix(4 * n, n), matrix(n, 4 * n)

        def forward(self, x):
            a, weights = rmsnorm(x), (self.attn_wq, self.attn_wk, self.attn_wv)
            split = (F.linear(a, w).unflatten(-1, (heads, n // heads)) for w in weights)
            y = attend(*(part.transpose(1, 2) for part in split))
            x = x + F.linear(y.transpose(1, 2).flatten(2), self.attn_wo)
            return x + F.linear(activation(F.linear(rmsnorm(x), self.mlp_fc1)), self.mlp_fc2)

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.wte, self.wpe = matrix(vocab, n), matrix(config['block_size'], n)
            self.lm_head = matrix(vocab, n)
            for i in range(config['n_layer']):
                setattr(self, f'layer{i}', Layer())

        def forward(self, ids):
            x = rmsnorm(F.embedding(ids, self.wte) + self.wpe[: ids.shape[1]])
            for layer in self.children():
                x = layer(x)
            return F.linear(x, self.lm_head)

    return GPT()


def train(run, args):
    """Trains to num_steps, or until a signal; the exit code."""
    import torch
    import torch.distributed as dist

    # Where to compute, and in what.
    config, began = run.config, time.perf_counter()
    env = {'RANK': 0, 'WORLD_SIZE': 1, 'LOCAL_RANK': 0, **os.environ}
    rank, world, local = (int(env[name]) for name in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'))
    many = 'RANK' in os.environ
    kind = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
    device = torch.device(f'cuda:{local}' if kind == 'cuda' else kind)
    dtype = getattr(torch, args.dtype or ('float32' if args.bf16 or kind != 'cpu' else 'float64'))
    if args.bf16 and dtype == torch.float64:
        fail('--bf16 needs --dtype float32: autocast passes over float64', 2)
    if args.fsdp and not many:
        fail('--fsdp needs torchrun', 2)
    torch.set_flush_denormal(True)  # Denormal moments take 50 times as long.
    if kind == 'cuda':
        torch.cuda.set_device(device)
    if many:
        dist.init_process_group('nccl' if kind == 'cuda' else 'gloo')

    # The model and Adam as the file has them.
    def stored(name, like):
        full = torch.frombuffer(run.stored(name, like.shape), dtype=torch.float64)
        full = full.view(like.shape).to(device, dtype, copy=True)
        if not hasattr(like, 'device_mesh'):
            return full
        from torch.distributed.tensor import distribute_tensor

        return distribute_tensor(full, like.device_mesh, like.placements)

    model = bare = make_model(config, run.bos + 1).to(device, dtype)
    for name, p in bare.named_parameters():
        p.data.copy_(stored(name, p))
    if args.fsdp:
        from torch.distributed.fsdp import fully_shard

        mesh = dist.device_mesh.init_device_mesh(device.type, (world,))
        for layer in (*bare.children(), bare):
            fully_shard(layer, mesh=mesh)
    elif many:
        ids = [local] if kind == 'cuda' else None
        model = torch.nn.parallel.DistributedDataParallel(bare, device_ids=ids)
    no_sync = getattr(model, 'no_sync', contextlib.nullcontext)
    if args.compile:
        model = torch.compile(model)
    # Kept: after validation fully_shard shows whole copies of some of them in their place.
    parameters = dict(bare.named_parameters())
    adam = torch.optim.AdamW(
        parameters.values(),
        betas=(config['beta1'], config['beta2']),
        eps=config['eps_adam'],
        weight_decay=config['weight_decay'],
    )
    for name, p in parameters.items():
        state = adam.state[p] = {'step': torch.tensor(run.step, dtype=torch.float64)}
        state.update((key, stored(prefix + name, p.detach())) for prefix, key in MOMENTS.items())

    def micro_batches(count, get, scale):
        """This rank's share of `count` sequences, in as many micro-batches as every other rank has:
        ids, targets, the weight of each position, and whether it is the last one."""
        most, block = -(-count // world), config['block_size']
        rows = min(most, args.micro_batch or most)
        for first in range(0, most, rows):
            mine = [get(i) for i in range(rank, count, world)[first : first + rows]]
            # Rows without a document have weight 0: a rank may have none.
            ids = torch.zeros(rows, block + 1, dtype=torch.int64)
            weights = torch.zeros(rows, block, dtype=dtype)
            for row, one in enumerate(mine):
                ids[row, : len(one)] = torch.tensor(one)
                # The mean over a document's positions, whatever its length.
                weights[row, : len(one) - 1] = scale / (len(one) - 1)
            # Compiled, shapes stay alike.
            end = block if args.compile else max([len(one) - 1 for one in mine] or [1])
            parts = ids[:, :end], ids[:, 1 : end + 1], weights[:, :end]
            yield (*(part.to(device) for part in parts), first + rows >= most)

    def loss_of(ids, targets, weights):
        with torch.autocast(device.type, torch.bfloat16, args.bf16):
            logits = model(ids)
        entropy, logits = torch.nn.functional.cross_entropy, logits.flatten(0, 1).to(dtype)
        return (entropy(logits, targets.flatten(), reduction='none') * weights.flatten()).sum()

    def summed(*numbers):
        """Numbers of all ranks, added up."""
        own = torch.tensor([float(x) for x in numbers], dtype=dtype, device=device)
        if many:
            dist.all_reduce(own)
        return own.tolist()

    def whole(x):
        return x.full_tensor() if hasattr(x, 'full_tensor') else x

    def train_step():
        """One step: the loss before it, its learning rate, whether any rank was told to stop."""
        batch, rate, most, total = run.batch(), run.rate(), config['grad_clip'], 0.0
        adam.zero_grad(set_to_none=True)
        # The gradient is averaged over ranks: world / B times the sum of this rank's documents.
        for *tensors, last in micro_batches(len(batch), batch.__getitem__, world / len(batch)):
            if args.fsdp:
                bare.set_requires_gradient_sync(last)
            with contextlib.nullcontext() if last else no_sync():
                loss = loss_of(*tensors)
                loss.backward()
            total += loss.detach()
        loss, stops = summed(total, len(signals))
        if not math.isfinite(loss):
            fail(f'the loss of step {run.step + 1} is {loss}; try a smaller --learning-rate')
        if most is not None:  # By hand: clip_grad_norm_ adds 1e-6 to the norm.
            grads = [p.grad for p in parameters.values()]
            norm = math.sqrt(sum(float(whole(g.square().sum())) for g in grads))
            for g in grads if norm > most else ():
                g.mul_(most / norm)
        adam.param_groups[0]['lr'] = rate
        adam.step()
        run.step += 1
        return loss / world, rate, stops > 0

    def validate():
        stride = config['block_size'] if run.text else 1
        get = lambda i: run.sequence(run.train + i * stride)
        with torch.no_grad():
            parts = micro_batches(run.held, get, 1 / run.held)
            return summed(sum(loss_of(*tensors) for *tensors, _ in parts))[0]

    def bytes_of(name, shape):
        """A tensor as it is now, for the file; on every rank."""
        prefix = name[:7] if name[:7] in MOMENTS else ''
        p = parameters.get(name[len(prefix) :])
        if p is None:
            return run.stored(name, shape)
        x = whole((adam.state[p][MOMENTS[prefix]] if prefix else p).detach())
        x = x.to('cpu', torch.float64).contiguous()
        if not x.isfinite().all():
            fail(f'after step {run.step} {name} is not finite; the file stays as it was')
        data = (ctypes.c_char * (8 * x.numel())).from_address(x.data_ptr())
        data.tensor = x  # Alive as long as its memory.
        return data

    def say(line, **told):
        if rank == 0 and (args.json or line):
            print(json.dumps(told) if args.json else line.format(**told), flush=True)

    path, first, total = args.out or args.model, run.step, config['num_steps']
    tenth, signals, stopped = -(-total // 10), [], False
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: signals.append(got))
    about = {'type': 'start', 'step': first, 'processes': world, 'config': config}
    about['numParams'] = sum(math.prod(shape) for _, shape in run.shapes())
    about.update(dtype=str(dtype)[6:], device=str(device))
    say('{numParams:,} parameters, {dtype} on {device}, processes: {processes}', **about)
    while run.step < total and not stopped:
        loss, rate, stopped = train_step()
        step, last = run.step, run.step == total or stopped
        told = {'type': 'step', 'step': step, 'loss': loss, 'lr': rate}
        line = 'step {step}  loss {loss:.4f}  lr {lr:.3g}' if last or step % tenth == 0 else ''
        if run.held and (last or step % (args.eval_every or tenth) == 0):
            told['valLoss'] = validate()
            line = 'step {step}  loss {loss:.4f}  lr {lr:.3g}  val loss {valLoss:.4f}'
        say(line, **told)
        if last or (args.save_every and step % args.save_every == 0):
            run.save(path, bytes_of, rank == 0)
    seconds = time.perf_counter() - began
    about = {'type': 'end', 'steps': run.step - first, 'seconds': seconds, 'saved': path}
    say('{steps} steps in {seconds:.1f} s; saved {saved}', **about)
    if many:
        with contextlib.suppress(RuntimeError):  # Another rank may be gone already.
            dist.barrier()
    return 128 + (signals or [signal.SIGINT])[0] if stopped else 0


class Parser(argparse.ArgumentParser):
    def error(self, message):
        fail(f'{message}; --help lists the options', 2)


def parser():
    form = argparse.RawDescriptionHelpFormatter
    p = Parser(description=__doc__, epilog=NOTES, formatter_class=form, allow_abbrev=False)
    count = {'type': int, 'metavar': 'N'}
    p.add_argument('model', help='the checkpoint; with --new, the file to create')
    p.add_argument('--data', required=True, metavar='FILE', help='UTF-8 text, the same as before')
    p.add_argument('--out', metavar='FILE', help='where to save (the checkpoint itself)')
    p.add_argument('--save-every', **count, help='save every N steps too')
    p.add_argument('--eval-every', **count, help='validate every N steps (a tenth of the run)')
    p.add_argument('--micro-batch', **count, help='documents in one pass (all)')
    p.add_argument('--dtype', choices=('float64', 'float32'), help='float64 on CPU, else float32')
    p.add_argument('--device', help='cpu, cuda or another of PyTorch (cuda if there is one)')
    p.add_argument('--json', action='store_true', help='print one JSON object per line')
    p.add_argument('--fsdp', action='store_true', help='shard parameters (PyTorch 2.6 or newer)')
    p.add_argument('--bf16', action='store_true', help='autocast to bfloat16 (untested on GPUs)')
    p.add_argument('--compile', action='store_true', help='torch.compile the model (untested)')
    p.add_argument('--new', action='store_true', help='begin a new model; never overwrites a file')
    p.add_argument('--mode', choices=('docs', 'text'), help='with --new (docs)')
    p.add_argument('--val-fraction', type=float, metavar='X', help='with --new (0)')
    p.add_argument('--seed', **count, help='with --new (42)')
    for name, value in FIELDS.items():
        if name != 'head_dim':
            flags = [f"--{name.replace('_', '-')}"] + (['--steps'] if name == 'num_steps' else [])
            kind = {bool: json.loads, type(None): float}.get(type(value), type(value))
            about = 'with --new' if name in FIXED else 'instead of the value in the file'
            shown = {int: 'N', float: 'X', json.loads: 'true|false'}.get(kind)
            choices = CHOICES.get(name)
            p.add_argument(*flags, type=kind, choices=choices, metavar=shown, help=about)
    return p


def main(argv):
    p = parser()
    args = p.parse_args(argv)
    given = {name: value for name, value in vars(args).items() if value is not None}
    about = {name: given[name] for name in ('mode', 'val_fraction', 'seed') if name in given}
    fields = {name: value for name, value in given.items() if name in FIELDS}
    for name, value in given.items():
        if type(value) is int and value < 1 and name not in ('seed', 'warmup_steps'):
            p.error(f"--{name.replace('_', '-')} must be 1 or more, got {value}")
        if not args.new and (name in about or name in FIXED):
            p.error(f"--{name.replace('_', '-')} is fixed by the file: it needs --new")
    folder = os.path.dirname(os.path.abspath(args.out or args.model))
    if not os.access(folder, os.W_OK):
        fail(f'cannot write into {folder}', 2)
    if args.new and os.path.exists(args.model):
        fail(f'{args.model} exists already; --new never overwrites a file', 2)
    try:
        make = new if args.new else lambda data, fields: resumed(args.model, data, fields)
        run = make(args.data, fields=fields, **about)
        total = run.config['num_steps']
        if run.step >= total:
            fail(f'{args.model} is at step {run.step} of {total}; give a larger --num-steps', 2)
        return train(run, args)
    except OSError as error:
        fail(f'cannot use {error.filename or args.out or args.model}: {error.strerror}')
    except UnicodeDecodeError:
        fail(f'{args.data} is not valid UTF-8')
    except ImportError as error:
        fail(f'this Python lacks PyTorch, or for --fsdp PyTorch 2.6: {error}')


if __name__ == '__main__':
    try:
        code = main(sys.argv[1:])
    except SystemExit as error:
        code = error.code
    if 'RANK' in os.environ:
        # The teardown of gloo can hang in PyTorch 1.13, whose destructor holds Python's lock and
        # joins a thread that waits for it.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
