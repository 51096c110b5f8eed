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
import signal
import sys
import time
from decimal import Decimal

NOTES = """Under torchrun it trains with DistributedDataParallel, or with fully_shard (--fsdp): over
nccl on CUDA, else over gloo. Each node needs its own copy of the model and the data; rank 0 saves.
For tiny models set OMP_NUM_THREADS=1. Ctrl-C saves after the current step.

Tested on CPUs: one and two processes over gloo in PyTorch 1.13, 2.6 and 2.14; --fsdp and --compile
in 2.14. Untested: CUDA, nccl, --bf16 on a GPU, several hosts, torchrun itself."""

# Field: type, value of preset tutorial, value of preset gist; in the order of the file.
FIELDS = {
    'n_embd': (int, 16, 16),
    'n_head': (int, 4, 4),
    'n_layer': (int, 1, 1),
    'block_size': (int, 8, 16),
    'head_dim': (int, 4, 4),
    'init_std': (float, 0.02, 0.08),
    'zero_init_projections': (('true', 'false'), True, False),
    'activation': (('relu', 'relu2', 'gelu'), 'relu2', 'relu'),
    'learning_rate': (float, 1e-2, 1e-2),
    'beta1': (float, 0.9, 0.85),
    'beta2': (float, 0.95, 0.99),
    'eps_adam': (float, 1e-8, 1e-8),
    'lr_schedule': (('cosine', 'linear', 'constant'), 'cosine', 'linear'),
    'num_steps': (int, 500, 1000),
    'batch_size': (int, 1, 1),
    'temperature': (float, 0.5, 0.5),
    'weight_decay': (float, 0, 0),
    'grad_clip': (float, None, None),
}
# What another value would make another model of: only with --new.
FIXED = (*list(FIELDS)[:4], 'init_std', 'zero_init_projections', 'activation')
NEW_ONLY = (*FIXED, 'preset', 'mode', 'val_fraction', 'seed')
WORDS, MOMENTS = 'random.words', ('adam.m.', 'adam.v.')


class Failure(Exception):
    """What went wrong, in one sentence; exit code 2 is for a wrong command line."""

    def __init__(self, message, code=1):
        super().__init__(message)
        self.code = code


def js(value):
    """JSON with numbers as JavaScript writes them: 1e-8, not 1e-08; 1, not 1.0."""
    if isinstance(value, dict):
        return '{' + ','.join(f'{js(key)}:{js(x)}' for key, x in value.items()) + '}'
    if isinstance(value, float):
        digits = Decimal(repr(value)).normalize()
        return f'{digits:f}' if value == 0 or 1e-6 <= abs(value) < 1e21 else f'{digits:e}'
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def read(path):
    """The metadata of a safetensors file, and its tensors: name to (shape, bytes)."""
    try:
        with open(path, 'rb') as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        start = 8 + int.from_bytes(data[:8], 'little')
        header = json.loads(data[8:start])
        metadata = header.pop('__metadata__', {})
        odd = [name for name, entry in header.items() if entry['dtype'] != 'F64']
        ends = {name: entry['data_offsets'] for name, entry in header.items()}
    except OSError as error:
        raise Failure(f'cannot read {path}: {error.strerror}') from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f'{path} is not a safetensors file') from error
    if odd:
        raise Failure(f'{path}: {odd[0]} must be of dtype F64; microgpt-wasm can widen the file')
    if max((end for _, end in ends.values()), default=0) != len(data) - start:
        raise Failure(f'{path} is not complete: its size is not what its header says')
    view = memoryview(data)[start:]
    return metadata, {name: (header[name]['shape'], view[a:b]) for name, (a, b) in ends.items()}


def write(path, metadata, tensors, owner=True):
    """Replaces a file as a whole. tensors: [(name, shape, get)]; every rank calls get() for the
    bytes, and the owner writes them."""
    entries, end = [f'"__metadata__":{js(metadata)}'], 0
    for name, shape, _ in tensors:
        start, end = end, end + 8 * math.prod(shape)
        entry = {'dtype': 'F64', 'shape': list(shape), 'data_offsets': [start, end]}
        entries.append(f'{js(name)}:{js(entry)}')
    header = ('{' + ','.join(entries) + '}').encode()
    header += b' ' * (-len(header) % 8)
    temporary = f'{path}.{os.getpid()}.tmp'
    try:
        with open(temporary if owner else os.devnull, 'wb') as file:
            file.write(len(header).to_bytes(8, 'little') + header)
            for _, _, get in tensors:
                file.write(get())
            if owner:
                file.flush()
                os.fsync(file.fileno())
        if owner:
            os.replace(temporary, path)
    except BaseException as error:
        if owner and os.path.exists(temporary):
            os.remove(temporary)
        if isinstance(error, OSError):
            raise Failure(f'cannot write {path}: {error.strerror}; it stays as it was') from error
        raise


def hash_of(pieces):
    """The 64 bits that a file has of its data: UTF-16 units of documents, or ids of a text."""
    def units():
        for piece in pieces:
            text = isinstance(piece, str)
            yield from array.array('H', piece.encode('utf-16-le')) if text else piece
            yield 0x10000
        yield from range(4)

    a, b = 0x9E3779B9, 0x85EBCA6B
    for x in units():
        a = ((a ^ x) + (b >> 15)) * 0xC2B2AE35 & 0xFFFFFFFF
        b = ((b ^ x) + (a >> 13)) * 0x27D4EB2F & 0xFFFFFFFF
    return f'{a:08x}{b:08x}'


def read_data(path, mode):
    """One document per line, stripped, empty ones left out; or one text, as it is."""
    try:
        with open(path, encoding='utf-8-sig') as file:
            text = file.read()
    except OSError as error:
        raise Failure(f'cannot read {path}: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise Failure(f'{path} is not valid UTF-8') from error
    data = text if mode == 'text' else [doc for doc in map(str.strip, text.split('\n')) if doc]
    if not data:
        raise Failure(f'{path} has nothing to learn from')
    return data


class Run:
    """A run between two steps: its config, data, generator and, as bytes, its tensors."""

    def __init__(self, metadata, tensors, data):
        self.tensors, self.preset, self.seed = tensors, metadata['preset'], metadata['seed']
        self.config = json.loads(metadata['config'])
        self.chars = json.loads(metadata['alphabet'])
        self.mode, self.fraction = metadata.get('mode', 'docs'), metadata.get('val_fraction', '0')
        self.bos = len(self.chars)
        self.step = self.seen = 0
        # CPython's own generator: ours is the same, number for number.
        self.random = random.Random(int(self.seed))
        self.split(data)
        if WORDS not in tensors:
            return  # The parameters alone: a new run.
        if self.hash != metadata['docs_hash']:
            many = metadata.get('num_chars', metadata['num_docs'])
            what = 'characters' if self.mode == 'text' else 'documents'
            hint = 'give the same --data'
            raise Failure(f'the run was trained on other data ({many} {what}); {hint}')
        self.step, self.seen = int(metadata['step']), int(metadata['docs_seen'])
        words = map(int, memoryview(tensors[WORDS][1]).cast('d'))
        gauss = metadata.get('random_gauss')
        state = (*words, int(metadata['random_index']))
        self.random.setstate((3, state, gauss if gauss is None else float(gauss)))

    def split(self, data):
        """Encodes the data, shuffles documents and holds out the last of them."""
        block, index = self.config['block_size'], {char: i for i, char in enumerate(self.chars)}
        odd = next((char for piece in data for char in piece if char not in index), None)
        if odd is not None:
            raise Failure(f'the data has the character {odd!r}, which the model has no token for')
        if self.mode == 'text':
            data = array.array('H' if self.bos < 65536 else 'I', map(index.__getitem__, data))
        else:
            self.random.shuffle(data)
        held = int(len(data) * float(self.fraction))
        self.data, self.train = data, len(data) - held
        pieces = [data] if self.mode == 'text' else data
        self.hash = hash_of([*pieces, f'split {self.fraction}'] if held else pieces)
        least = block + 1 if self.mode == 'text' else 1
        if self.train < least or (float(self.fraction) > 0 and held < least):
            raise Failure(f'the data is too short for block_size {block} and what is held out')
        self.held = (held - 1) // block if self.mode == 'text' else held
        self.index = index

    def sequence(self, at):
        """The ids of document `at`, or of the block that begins there."""
        block, piece = self.config['block_size'], self.data[at]
        if self.mode == 'text':
            return list(self.data[at : at + block + 1])
        return [self.bos, *(self.index[char] for char in piece[:block]), self.bos][: block + 1]

    def batch(self):
        """The next step's sequences, all of them on every rank: the generators stay alike."""
        size, first = self.config['batch_size'], self.seen
        self.seen += size
        if self.mode == 'text':
            offsets = self.train - self.config['block_size']
            return [self.sequence(self.random.randrange(offsets)) for _ in range(size)]
        return [self.sequence((first + i) % self.train) for i in range(size)]

    def held_out(self, i):
        stride = self.config['block_size'] if self.mode == 'text' else 1
        return self.sequence(self.train + i * stride)

    def rate(self):
        """The learning rate of the next step, by its index from 0."""
        config, step = self.config, self.step
        rate, total = config['learning_rate'], config['num_steps']
        warmup = config.get('warmup_steps') or 0
        if config['lr_schedule'] == 'linear':
            rate *= max(0, 1 - step / total)
        elif config['lr_schedule'] == 'cosine':
            rate *= 0.5 * (1 + math.cos(math.pi * step / total)) if step < total else 0
        return rate * min(1, (step + 1) / warmup) if warmup else rate

    def shapes(self):
        """The matrices in the order of the file."""
        n, vocab, block = self.config['n_embd'], self.bos + 1, self.config['block_size']
        yield from (('wte', (vocab, n)), ('wpe', (block, n)), ('lm_head', (vocab, n)))
        for i in range(self.config['n_layer']):
            for name, shape in zip(('wq', 'wk', 'wv', 'wo'), [(n, n)] * 4):
                yield f'layer{i}.attn_{name}', shape
            yield from ((f'layer{i}.mlp_fc1', (4 * n, n)), (f'layer{i}.mlp_fc2', (n, 4 * n)))

    def save(self, path, get=None, owner=True):
        """Writes the run. get(name): the bytes of a tensor; unless given, those read, or zeros."""
        def stored(name, shape):
            return self.tensors[name][1] if name in self.tensors else bytes(8 * math.prod(shape))

        _, (*words, index), gauss = self.random.getstate()
        many = {'num_docs': '1', 'num_chars': str(len(self.data))}
        metadata = {
            **{'format': 'pt', 'microgpt': '1', 'preset': self.preset, 'config': js(self.config)},
            **{'alphabet': js(self.chars), 'seed': self.seed, 'step': str(self.step)},
            **({'mode': 'text'} if self.mode == 'text' else {}),
            'docs_seen': str(self.seen),
            **(many if self.mode == 'text' else {'num_docs': str(len(self.data))}),
            'docs_hash': self.hash,
            **({'val_fraction': self.fraction} if float(self.fraction) > 0 else {}),
            'random_index': str(index),
            **({} if gauss is None else {'random_gauss': js(gauss)}),
        }
        tensors = [
            (prefix + name, shape, lambda n=prefix + name, s=shape: get(n) if get else stored(n, s))
            for prefix in ('', *MOMENTS)
            for name, shape in self.shapes()
        ]
        tensors.append((WORDS, (624,), lambda: array.array('d', words)))
        write(path, metadata, tensors, owner)


def resumed(path, data_path, fields):
    """The run of a file, with other values for some fields of its config."""
    metadata, tensors = read(path)
    missing = [key for key in ('preset', 'config', 'alphabet', 'seed') if key not in metadata]
    if missing or metadata.get('microgpt') != '1':
        raise Failure(f'{path} is not a checkpoint of microgpt-wasm, version 1')
    run = Run(metadata, tensors, read_data(data_path, metadata.get('mode', 'docs')))
    for name, shape in run.shapes():
        if name not in tensors or tuple(tensors[name][0]) != shape:
            raise Failure(f'{path}: {name} is missing or not of shape {list(shape)}')
    run.config.update(fields)
    return run


def new(data_path, preset, mode, fraction, seed, fields):
    """A new run, initialised as microgpt-wasm does with the same seed."""
    column = 1 if preset == 'tutorial' else 2
    config = {**{name: row[column] for name, row in FIELDS.items()}, **fields}
    if config['n_embd'] % config['n_head']:
        sizes = config['n_embd'], config['n_head']
        raise Failure('n_embd (%d) must be divisible by n_head (%d)' % sizes, 2)
    config['head_dim'] = config['n_embd'] // config['n_head']
    data = read_data(data_path, mode)
    chars = sorted(set(data if mode == 'text' else ''.join(data)))
    metadata = {'preset': preset, 'config': js(config), 'alphabet': js(chars), 'seed': str(seed)}
    metadata.update({'mode': mode, 'val_fraction': js(fraction)})
    run = Run(metadata, {}, data)
    for name, shape in run.shapes():
        zero = config['zero_init_projections'] and name.endswith(('attn_wo', 'mlp_fc2'))
        std, draw = 0.0 if zero else config['init_std'], run.random.gauss
        numbers = array.array('d', (draw(0, std) for _ in range(math.prod(shape))))
        run.tensors[name] = (shape, memoryview(numbers).cast('B'))
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
        if hasattr(F, 'scaled_dot_product_attention'):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        scores = q @ k.transpose(-2, -1) / math.sqrt(n // heads)
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        return scores.masked_fill(later, -math.inf).softmax(-1) @ v

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            for name in ('attn_wq', 'attn_wk', 'attn_wv', 'attn_wo'):
                setattr(self, name, matrix(n, n))
            self.mlp_fc1, self.mlp_fc2 = matrix(4 * n, n), matrix(n, 4 * n)

        def forward(self, x):
            a = rmsnorm(x)
            weights = (self.attn_wq, self.attn_wk, self.attn_wv)
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


def whole(x):
    """All of a tensor of which each rank may have a shard."""
    return x.full_tensor() if hasattr(x, 'full_tensor') else x


class Trainer:
    """A run in PyTorch: this rank's part of it."""

    def __init__(self, run, args):
        import torch
        import torch.distributed as dist

        self.torch, self.dist, self.run, self.args = torch, dist, run, args
        # Denormal moments take 50 times as long.
        torch.set_flush_denormal(True)
        env = {'RANK': 0, 'WORLD_SIZE': 1, 'LOCAL_RANK': 0, **os.environ}
        self.rank, self.world, local = (int(env[k]) for k in ('RANK', 'WORLD_SIZE', 'LOCAL_RANK'))
        kind = args.device or ('cuda' if torch.cuda.is_available() else 'cpu')
        self.device = torch.device(f'cuda:{local}' if kind == 'cuda' else kind)
        narrow = args.bf16 or self.device.type != 'cpu'
        self.dtype = getattr(torch, args.dtype or ('float32' if narrow else 'float64'))
        if args.bf16 and self.dtype == torch.float64:
            raise Failure('--bf16 needs --dtype float32: autocast passes over float64', 2)
        if args.fsdp and 'RANK' not in os.environ:
            raise Failure('--fsdp needs torchrun', 2)
        if self.device.type == 'cuda':
            torch.cuda.set_device(self.device)
        if 'RANK' in os.environ:
            dist.init_process_group('nccl' if self.device.type == 'cuda' else 'gloo')
        self.bare = make_model(run.config, run.bos + 1).to(self.device, self.dtype)
        with torch.no_grad():
            for name, p in self.bare.named_parameters():
                p.copy_(self.stored(name, p))
                if dist.is_initialized():
                    dist.broadcast(p, 0)  # Two hosts may draw new parameters an ulp apart.
        self.model = self.ddp = self.bare
        if args.fsdp:
            self.shard()
        elif dist.is_initialized():
            ids = [local] if self.device.type == 'cuda' else None
            parallel = torch.nn.parallel.DistributedDataParallel
            self.model = self.ddp = parallel(self.bare, device_ids=ids)
        if args.compile:
            self.model = torch.compile(self.model)
        # Kept: after validation fully_shard shows whole copies of some of them in their place.
        self.parameters = dict(self.bare.named_parameters())
        self.optimizer = self.make_optimizer()

    def shard(self):
        try:
            from torch.distributed.fsdp import fully_shard
        except ImportError as error:
            raise Failure('--fsdp needs PyTorch 2.6 or newer', 2) from error
        mesh = self.dist.device_mesh.init_device_mesh(self.device.type, (self.world,))
        for layer in (*self.bare.children(), self.bare):
            fully_shard(layer, mesh=mesh)

    def stored(self, name, like):
        """A tensor of the file on this device; zeros where the file has none."""
        shape, data = self.run.tensors.get(name, (None, None))
        if data is None:
            return self.torch.zeros_like(like)
        full = self.torch.frombuffer(data, dtype=self.torch.float64).view(*shape)
        full = full.to(self.device, self.dtype, copy=True)
        if not hasattr(like, 'device_mesh'):
            return full
        from torch.distributed.tensor import distribute_tensor

        return distribute_tensor(full, like.device_mesh, like.placements)

    def make_optimizer(self):
        torch, config = self.torch, self.run.config
        betas, decay = (config['beta1'], config['beta2']), config['weight_decay']
        eps = config['eps_adam']
        parameters = list(self.parameters.values())
        optimizer = torch.optim.AdamW(parameters, 0.0, betas, eps, weight_decay=decay)
        for name, p in self.parameters.items():
            optimizer.state[p] = {
                'step': torch.tensor(float(self.run.step), dtype=torch.float64),
                'exp_avg': self.stored(MOMENTS[0] + name, p.detach()),
                'exp_avg_sq': self.stored(MOMENTS[1] + name, p.detach()),
            }
        return optimizer

    def micro_batches(self, count, get, scale):
        """This rank's share of `count` sequences, in as many micro-batches as every other rank has:
        ids, targets, the weight of each position, and whether it is the last one."""
        share, most = range(self.rank, count, self.world), -(-count // self.world)
        rows = min(most, self.args.micro_batch or most)
        for first in range(0, most, rows):
            mine = [get(i) for i in share[first : first + rows]]
            # A rank without documents takes part with one of weight 0. Compiled, shapes stay alike.
            real, wanted = len(mine), rows if self.args.compile else 1
            mine += [[0, 0]] * (wanted - real)
            block = self.run.config['block_size'] + 1
            width = block if self.args.compile else max(map(len, mine))
            pads = [[0] * (width - len(one)) for one in mine]
            # The mean over a document's positions, whatever its length.
            each = [scale / (len(one) - 1) if i < real else 0 for i, one in enumerate(mine)]
            weights = [[w] * (len(one) - 1) + pad for w, one, pad in zip(each, mine, pads)]
            ids = self.torch.tensor([one + pad for one, pad in zip(mine, pads)])
            weights = self.torch.tensor(weights, dtype=self.dtype)
            parts = (ids[:, :-1], ids[:, 1:], weights)
            yield (*(part.to(self.device) for part in parts), first + rows >= most)

    def loss(self, ids, targets, weights):
        from torch.nn import functional as F

        with self.torch.autocast(self.device.type, self.torch.bfloat16, self.args.bf16):
            logits = self.model(ids)
        logits = logits.flatten(0, 1).to(self.dtype)
        losses = F.cross_entropy(logits, targets.flatten(), reduction='none')
        return (losses * weights.flatten()).sum()

    def summed(self, *numbers):
        """Numbers of all ranks, added up."""
        own = self.torch.tensor([float(x) for x in numbers], dtype=self.dtype, device=self.device)
        if self.dist.is_initialized():
            self.dist.all_reduce(own)
        return own.tolist()

    def train_step(self, stop):
        """One step: the loss before it, its learning rate, whether any rank was told to stop."""
        run, args, world = self.run, self.args, self.world
        batch, rate, total = run.batch(), run.rate(), 0.0
        self.optimizer.zero_grad(set_to_none=True)
        # The gradient is averaged over ranks: world / B times the sum of this rank's documents.
        for *tensors, last in self.micro_batches(len(batch), batch.__getitem__, world / len(batch)):
            if args.fsdp:
                self.bare.set_requires_gradient_sync(last)
            waits = hasattr(self.ddp, 'no_sync') and not args.fsdp and not last
            with self.ddp.no_sync() if waits else contextlib.nullcontext():
                loss = self.loss(*tensors)
                loss.backward()
            total += loss.detach()
        loss, stops = self.summed(total, stop)
        if not math.isfinite(loss):
            hint = 'try a smaller --learning-rate'
            raise Failure(f'the loss of step {run.step + 1} is {loss}; {hint}')
        self.clip(run.config['grad_clip'])
        for group in self.optimizer.param_groups:
            group['lr'] = rate
        self.optimizer.step()
        run.step += 1
        return loss / world, rate, stops > 0

    def clip(self, most):
        """By hand: clip_grad_norm_ adds 1e-6 to the norm."""
        if most is None:
            return
        grads = [p.grad for p in self.parameters.values()]
        norm = math.sqrt(sum(float(whole(g.square().sum())) for g in grads))
        if norm > most:
            for g in grads:
                g.mul_(most / norm)

    def validate(self):
        run = self.run
        with self.torch.no_grad():
            batches = self.micro_batches(run.held, run.held_out, 1 / run.held)
            return self.summed(sum(self.loss(*tensors) for *tensors, _ in batches))[0]

    def save(self, path):
        kept = []

        def get(name):
            kind = 1 + MOMENTS.index(name[:7]) if name[:7] in MOMENTS else 0
            p = self.parameters[name[7:] if kind else name]
            x = p if kind == 0 else self.optimizer.state[p][('exp_avg', 'exp_avg_sq')[kind - 1]]
            full = whole(x.detach()).to('cpu', self.torch.float64).contiguous()
            if not full.isfinite().all():
                what = f'after step {self.run.step} {name} is not finite'
                raise Failure(f'{what}; {path} stays as it was')
            kept[:] = [full]  # Alive while its memory is written.
            return (ctypes.c_char * (8 * full.numel())).from_address(full.data_ptr())

        self.run.save(path, get, self.rank == 0)


def train(run, args, say):
    """Trains to num_steps, or until a signal; the exit code."""
    stop = [0]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda got, _: stop.__setitem__(0, 128 + got))
    trainer, path, began = Trainer(run, args), args.out or args.model, time.perf_counter()
    total, first, stopped = run.config['num_steps'], run.step, False
    every = args.eval_every or -(-total // 10)
    numbers = sum(p.numel() for p in trainer.parameters.values())
    about = {'step': first, 'numParams': numbers, 'processes': trainer.world, 'config': run.config}
    say({'type': 'start', **about, 'dtype': str(trainer.dtype)[6:], 'device': str(trainer.device)})
    while run.step < total and not stopped:
        loss, rate, stopped = trainer.train_step(bool(stop[0]))
        step, last = run.step, run.step == total or stopped
        told = {'type': 'step', 'step': step, 'loss': loss, 'lr': rate}
        if run.held and (step % every == 0 or last):
            told['valLoss'] = trainer.validate()
        say(told)
        if last or (args.save_every and step % args.save_every == 0):
            trainer.save(path)
    steps = run.step - first
    seconds = time.perf_counter() - began
    say({'type': 'end', 'steps': steps, 'seconds': seconds, 'saved': path})
    if trainer.dist.is_initialized():
        with contextlib.suppress(RuntimeError):  # Another rank may be gone already.
            trainer.dist.barrier()
    return (stop[0] or 130) if stopped else 0


def reporter(as_json, silent, total, log_every):
    every = log_every or -(-total // 10)

    def say(told):
        if silent:
            return
        kind = told['type']
        if as_json:
            form = ''
        elif kind == 'start':
            form = '{numParams:,} parameters, {dtype}, {device}, step {step}, {processes} processes'
        elif kind == 'end':
            form = '{steps} steps in {seconds:.1f} s; saved {saved}'
        elif told['step'] % every == 0 or told['step'] == total or 'valLoss' in told:
            form = 'step {step}  loss {loss:.4f}  lr {lr:.3g}'
            form += '  val loss {valLoss:.4f}' if 'valLoss' in told else ''
        else:
            return
        print(form.format(**told) if not as_json else json.dumps(told), flush=True)

    return say


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise Failure(f'{message}; --help lists the options', 2)


def field_value(name, kind):
    """Reads the text of a config field."""
    def value(text):
        try:
            if isinstance(kind, tuple):
                return {'true': True, 'false': False}.get(text, text) if text in kind else int('')
            if name == 'grad_clip' and text == 'off':
                return None
            number = kind(text)
        except ValueError as error:
            want = 'one of ' + ', '.join(kind) if isinstance(kind, tuple) else (
                'a whole number' if kind is int else 'a number')
            raise argparse.ArgumentTypeError(f'must be {want}, got {text!r}') from error
        least = 1 if kind is int and name not in ('warmup_steps', 'seed') else 0
        if not math.isfinite(number) or (number < least and name != 'seed'):
            raise argparse.ArgumentTypeError(f'must be {least} or more, got {text!r}')
        return number
    return value


def parser():
    form = argparse.RawDescriptionHelpFormatter
    p = Parser(description=__doc__, epilog=NOTES, formatter_class=form, allow_abbrev=False)
    count = field_value('count', int)
    p.add_argument('model', help='the checkpoint; with --new, the file to create')
    p.add_argument('--data', required=True, metavar='FILE', help='UTF-8 text, the same as before')
    p.add_argument('--out', metavar='FILE', help='where to save (the checkpoint itself)')
    p.add_argument('--save-every', type=count, metavar='N', help='save every N steps too')
    p.add_argument('--eval-every', type=count, metavar='N', help='validate every N steps (a tenth)')
    p.add_argument('--log-every', type=count, metavar='N', help='a line every N steps (a tenth)')
    p.add_argument('--json', action='store_true', help='print one JSON object per line')
    p.add_argument('--dtype', choices=('float64', 'float32'), help='float64 on CPU, else float32')
    p.add_argument('--device', help='cpu, cuda or another of PyTorch (cuda if there is one)')
    p.add_argument('--micro-batch', type=count, metavar='N', help='documents in one pass (all)')
    p.add_argument('--fsdp', action='store_true', help='shard parameters (PyTorch 2.6)')
    p.add_argument('--bf16', action='store_true', help='autocast to bfloat16 (untested on GPUs)')
    p.add_argument('--compile', action='store_true', help='torch.compile the model')
    p.add_argument('--new', action='store_true', help='begin a new model; never overwrites a file')
    p.add_argument('--preset', choices=('tutorial', 'gist'), help='with --new (tutorial)')
    p.add_argument('--mode', choices=('docs', 'text'), help='with --new: lines, or one text (docs)')
    fraction = field_value('val_fraction', float)
    p.add_argument('--val-fraction', type=fraction, metavar='F', help='with --new (0)')
    p.add_argument('--seed', type=field_value('seed', int), metavar='N', help='with --new (42)')
    for name, (kind, *_) in {**FIELDS, 'warmup_steps': (int,)}.items():
        if name == 'head_dim':
            continue
        flags = [f"--{name.replace('_', '-')}"] + (['--steps'] if name == 'num_steps' else [])
        shown = '|'.join(kind) if isinstance(kind, tuple) else 'N' if kind is int else 'X'
        about = 'with --new' if name in FIXED else 'instead of the value in the file'
        p.add_argument(*flags, type=field_value(name, kind), metavar=shown, help=about, default=...)
    return p


def main(argv):
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)  # A seed may have thousands of digits.
    args = parser().parse_args(argv)
    fields = {k: v for k in (*FIELDS, 'warmup_steps') if (v := getattr(args, k, ...)) is not ...}
    if args.new:
        if os.path.exists(args.model):
            raise Failure(f'{args.model} exists already; --new never overwrites a file', 2)
        seed = 42 if args.seed is None else args.seed
        parts = (args.preset or 'tutorial', args.mode or 'docs', args.val_fraction or 0.0, seed)
        run = new(args.data, *parts, fields)
    else:
        odd = [k for k in NEW_ONLY if getattr(args, k, None) not in (None, ...)]
        if odd:
            raise Failure(f"--{odd[0].replace('_', '-')} is fixed by the file; it is for --new", 2)
        run = resumed(args.model, args.data, fields)
    total = run.config['num_steps']
    if run.step >= total:
        hint = 'give a larger --num-steps'
        raise Failure(f'{args.model} is at step {run.step} of {total}; {hint}', 2)
    silent = os.environ.get('RANK', '0') != '0'
    return train(run, args, reporter(args.json, silent, total, args.log_every))


def finish(code):
    """Ends the process. One of several skips the teardown of gloo, in which PyTorch 1.13 can hang:
    its destructor holds Python's lock and joins a thread that waits for it."""
    if 'RANK' not in os.environ:
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == '__main__':
    try:
        finish(main(sys.argv[1:]))
    except Failure as failure:
        if os.environ.get('LOCAL_RANK', '0') == '0':
            print(f'microgpt_torch: {failure}', file=sys.stderr)
        finish(failure.code)
    except ModuleNotFoundError as error:
        if error.name != 'torch':
            raise
        print('microgpt_torch: PyTorch is not installed for this Python', file=sys.stderr)
        sys.exit(1)
