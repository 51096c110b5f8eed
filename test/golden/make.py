"""
Writes the goldens beside this file: what microgpt gives in CPython, with nothing but the standard library.

    python3 make.py                                      (re)write every golden; the names-* ones take some minutes
    python3 make.py --only unicode-2x3                   (re)write one of them
    python3 make.py --check-against FILE [--data FILE]   run FILE's config and print the largest differences
    python3 make.py --time N [--preset P] [--data FILE]  one JSON line: the median seconds of N training steps

The numbers are those of the scalar algorithm, one Value an operation. The order of the operations, and of the sums
in backward(), is part of the definition: another order changes the last bits, and training makes them grow.
"""

import argparse
import json
import math
import platform
import random
import statistics
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
EMBEDDED = HERE.parents[1] / 'src' / 'data' / 'names.ts'

TUTORIAL = dict(
    n_embd=16, n_head=4, n_layer=1, block_size=8, init_std=0.02, zero_init_projections=True, activation='relu2',
    learning_rate=1e-2, beta1=0.9, beta2=0.95, eps_adam=1e-8, lr_schedule='cosine', num_steps=500, temperature=0.5,
    weight_decay=0, grad_clip=None,
)
GIST = dict(
    TUTORIAL, block_size=16, init_std=0.08, zero_init_projections=False, activation='relu', beta1=0.85, beta2=0.99,
    lr_schedule='linear', num_steps=1000,
)
PRESETS = {'tutorial': TUTORIAL, 'gist': GIST}

# Several alphabets, one character to twenty-one, lengths around both block sizes. U+FF21 sorts below the astral
# characters by code point and above them by UTF-16 unit; e + U+0301 is two characters, the emoji are one each.
WORDS = """
    \u03ae\u03bb\u03b9\u03bf\u03c2 \u03bb\u03cc\u03b3\u03bf\u03c2 \u03c6\u03c9\u03c2 \u03c3\u03bf\u03c6\u03cc\u03c2
    \u03b8\u03ac\u03bb\u03b1\u03c3\u03c3\u03b1 \u03b1\u03bb\u03bb\u03ac \u03b3\u03ac\u03bb\u03b1 \u03c3\u03b1\u03c2
    \u043c\u043e\u043b\u043e\u043a\u043e \u0437\u0438\u043c\u0430 \u0451\u043b\u043a\u0430 \u043a\u043e\u0442
    \u0434\u043e\u0441\u0442\u043e\u043f\u0440\u0438\u043c\u0435\u0447\u0430\u0442\u0435\u043b\u044c\u043d\u043e\u0441\u0442\u044c
    \u0442\u0435\u043f\u043b\u043e \u043c\u043e\u0440\u0435 \u0442\u0440\u0438
    \u6c34 \u5c71\u6c34 \u5927\u5c71 \u5c71\u5927\u5c71\u6c34 \u6c34\u5927
    \u00e9t\u00e9 me\u0301me\u0301 na\u00efve \u00e5ngstr\u00f6m sm\u00f6rg\u00e5s \u00f6re t\u00eate m\u00eame a so toast
    \uff21\uff21 \uff21\U0001d54f a\uff21 \U0001d54f\U0001d54f\U0001d54f \U0001f642 \U0001f642\U0001f30d
    \U0001f30d\U0001f30d\U0001f642\U0001f30d\U0001f642\U0001f642\U0001f30d\U0001f642 \U0001d54f\u6c34 m\U0001f642
""".split() + ['\u00e9t\u00e9 \u00e9t', 'to me']

SMALL = dict(learning_rate=1e-2, beta1=0.85, beta2=0.99, eps_adam=1e-8, weight_decay=0, grad_clip=None)
CASES = {
    'names-tutorial-500': (42, TUTORIAL, None),
    'names-tutorial-1000': (42, dict(TUTORIAL, num_steps=1000), None),
    'names-gist-1000': (42, GIST, None),
    'unicode-2x3': (42, dict(
        SMALL, n_embd=12, n_head=3, n_layer=2, block_size=7, init_std=0.08, zero_init_projections=False,
        activation='relu', lr_schedule='linear', num_steps=60, temperature=0.8), WORDS),
    'odd-3x1': (2**64 + 12345, dict(
        SMALL, n_embd=15, n_head=5, n_layer=3, block_size=5, init_std=0.08, zero_init_projections=True,
        activation='relu2', lr_schedule='constant', num_steps=40, temperature=0.8), WORDS),
}


class Value:
    """A number that remembers the numbers it was made from, and its derivative by each of them."""

    __slots__ = ('data', 'grad', 'children', 'local_grads')

    def __init__(self, data, children=(), local_grads=()):
        self.data = data
        self.grad = 0
        self.children = children
        self.local_grads = local_grads

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, n):
        return Value(self.data**n, (self,), (n * self.data ** (n - 1),))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def relu(self):
        return Value(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self):
        """Adds d self / d node to the grad of every node below, each node after all that use it."""
        # Depth first, children before parents, as the recursive form would visit them: it fixes the sums' order.
        order, seen, stack = [], {self}, [(self, iter(self.children))]
        while stack:
            node, children = stack[-1]
            for child in children:
                if child not in seen:
                    seen.add(child)
                    stack.append((child, iter(child.children)))
                    break
            else:
                order.append(node)
                stack.pop()
        self.grad = 1
        for node in reversed(order):
            for child, local_grad in zip(node.children, node.local_grads):
                child.grad += local_grad * node.grad


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x)) for row in w]


def softmax(logits):
    top = max(value.data for value in logits)
    exps = [(value - top).exp() for value in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class Model:
    def __init__(self, config, docs, seed):
        self.config = config
        random.seed(seed)
        self.docs = list(docs)
        random.shuffle(self.docs)
        self.chars = sorted(set(''.join(self.docs)))
        self.ids = {char: i for i, char in enumerate(self.chars)}
        self.BOS = len(self.chars)
        self.vocab_size = len(self.chars) + 1
        self.state_dict = self.init_state_dict()
        self.params = [p for matrix in self.state_dict.values() for row in matrix for p in row]
        self.m = [0.0] * len(self.params)
        self.v = [0.0] * len(self.params)

    def init_state_dict(self):
        c, std = self.config, self.config['init_std']
        n_embd, vocab_size = c['n_embd'], self.vocab_size
        out_std = 0 if c['zero_init_projections'] else std

        def matrix(nout, nin, std=std):
            return [[Value(random.gauss(0, std)) for _ in range(nin)] for _ in range(nout)]

        state = {'wte': matrix(vocab_size, n_embd)}
        state['wpe'] = matrix(c['block_size'], n_embd)
        state['lm_head'] = matrix(vocab_size, n_embd)
        for i in range(c['n_layer']):
            state[f'layer{i}.attn_wq'] = matrix(n_embd, n_embd)
            state[f'layer{i}.attn_wk'] = matrix(n_embd, n_embd)
            state[f'layer{i}.attn_wv'] = matrix(n_embd, n_embd)
            state[f'layer{i}.attn_wo'] = matrix(n_embd, n_embd, out_std)
            state[f'layer{i}.mlp_fc1'] = matrix(4 * n_embd, n_embd)
            state[f'layer{i}.mlp_fc2'] = matrix(n_embd, 4 * n_embd, out_std)
        return state

    def gpt(self, token, position, keys, values):
        """The logits after one more token; keys and values hold a list a layer, and grow by one row."""
        c, state = self.config, self.state_dict
        head_dim = c['n_embd'] // c['n_head']
        x = [t + p for t, p in zip(state['wte'][token], state['wpe'][position])]
        x = rmsnorm(x)
        for i in range(c['n_layer']):
            residual = x
            x = rmsnorm(x)
            q = linear(x, state[f'layer{i}.attn_wq'])
            keys[i].append(linear(x, state[f'layer{i}.attn_wk']))
            values[i].append(linear(x, state[f'layer{i}.attn_wv']))
            x = []
            for start in range(0, c['n_embd'], head_dim):
                head = range(start, start + head_dim)
                scores = [sum(q[j] * k[j] for j in head) / head_dim**0.5 for k in keys[i]]
                weights = softmax(scores)
                x += [sum(w * v[j] for w, v in zip(weights, values[i])) for j in head]
            x = linear(x, state[f'layer{i}.attn_wo'])
            x = [a + b for a, b in zip(x, residual)]
            residual = x
            x = rmsnorm(x)
            x = linear(x, state[f'layer{i}.mlp_fc1'])
            x = [xi.relu() ** 2 if c['activation'] == 'relu2' else xi.relu() for xi in x]
            x = linear(x, state[f'layer{i}.mlp_fc2'])
            x = [a + b for a, b in zip(x, residual)]
        return linear(x, state['lm_head'])

    def empty_cache(self):
        return [[] for _ in range(self.config['n_layer'])], [[] for _ in range(self.config['n_layer'])]

    def learning_rate(self, step):
        c = self.config
        if c['lr_schedule'] == 'constant':
            return c['learning_rate']
        if c['lr_schedule'] == 'linear':
            return c['learning_rate'] * (1 - step / c['num_steps'])
        return c['learning_rate'] * 0.5 * (1 + math.cos(math.pi * step / c['num_steps']))

    def train_step(self, step):
        """One document forward, backward and through Adam; the loss before the update, and the gradient."""
        c = self.config
        doc = self.docs[step % len(self.docs)]
        tokens = [self.BOS] + [self.ids[char] for char in doc] + [self.BOS]
        n = min(c['block_size'], len(tokens) - 1)
        keys, values = self.empty_cache()
        losses = []
        for position in range(n):
            logits = self.gpt(tokens[position], position, keys, values)
            probs = softmax(logits)
            losses.append(-probs[tokens[position + 1]].log())
        loss = (1 / n) * sum(losses)
        loss.backward()

        if c['grad_clip'] is not None:
            norm = math.sqrt(math.fsum(p.grad * p.grad for p in self.params))
            if norm > c['grad_clip']:
                for p in self.params:
                    p.grad *= c['grad_clip'] / norm
        lr_t = self.learning_rate(step)
        beta1, beta2, eps_adam, decay = c['beta1'], c['beta2'], c['eps_adam'], c['weight_decay']
        grads = [p.grad for p in self.params]
        for i, p in enumerate(self.params):
            self.m[i] = beta1 * self.m[i] + (1 - beta1) * p.grad
            self.v[i] = beta2 * self.v[i] + (1 - beta2) * p.grad**2
            m_hat = self.m[i] / (1 - beta1 ** (step + 1))
            v_hat = self.v[i] / (1 - beta2 ** (step + 1))
            if decay:
                p.data -= lr_t * decay * p.data
            p.data -= lr_t * m_hat / (v_hat**0.5 + eps_adam)
            p.grad = 0
        return loss.data, grads

    def sample(self):
        keys, values = self.empty_cache()
        token, text = self.BOS, ''
        for position in range(self.config['block_size']):
            logits = self.gpt(token, position, keys, values)
            probs = softmax([logit / self.config['temperature'] for logit in logits])
            token = random.choices(range(self.vocab_size), weights=[p.data for p in probs])[0]
            if token == self.BOS:
                break
            text += self.chars[token]
        return text


def run(config, docs, seed, sample_count=20):
    """A whole run, as a golden tells it."""
    model = Model(config, docs, seed)
    init = [p.data for p in model.params]
    losses, grad_step0 = [], None
    for step in range(config['num_steps']):
        loss, grads = model.train_step(step)
        grad_step0 = grad_step0 or grads
        losses.append(loss)
        print(f'\rstep {step + 1} of {config["num_steps"]}, loss {loss:.4f}', end='', file=sys.stderr)
    print(file=sys.stderr)
    final = [p.data for p in model.params]
    return {
        'num_docs': len(docs), 'vocab_size': model.vocab_size, 'num_params': len(init), 'losses': losses,
        'samples': [model.sample() for _ in range(sample_count)], 'grad_step0': grad_step0,
        'init_params': init, 'init_head': init[:64], 'init_sum': math.fsum(init),
        'final_params': final, 'final_head': final[:64], 'final_sum': math.fsum(final),
    }


def read_docs(path):
    """A document a line. Of a TypeScript file, the list is what stands between its back-quotes."""
    text = Path(path).read_text(encoding='utf-8-sig')
    if Path(path).suffix == '.ts':
        # Comments may hold back-quotes too, so the list is the longest piece.
        text = max(text.split('`'), key=len)
        if '\\' in text or '${' in text or '=' in text:
            raise SystemExit(f'{path}: the longest text between back-quotes is not a plain list of documents')
    docs = [line.strip() for line in text.split('\n')]
    return [doc for doc in docs if doc]


def write_golden(name):
    seed, config, docs = CASES[name]
    print(name, file=sys.stderr)
    result = run(config, docs or read_docs(EMBEDDED), seed)
    # Of the parameters, the ends of the lists and their sums are enough: a golden stays small.
    left_out = ('init_params', 'final_params')
    golden = {'python': platform.python_version(), 'seed': str(seed), 'config': config}
    golden |= {} if docs is None else {'docs': docs}
    golden |= {key: value for key, value in result.items() if key not in left_out}
    (HERE / f'{name}.json').write_text(json.dumps(golden, separators=(',', ':')) + '\n')


def check(path, data):
    """Whether a run gives the same samples as the golden at `path`, and losses within 1e-11."""
    golden = json.loads(Path(path).read_text(encoding='utf-8'))
    given = golden['config']
    config = dict(PRESETS[given.get('preset', 'tutorial')])
    config.update({key: value for key, value in given.items() if key in config})
    docs = golden.get('docs') or read_docs(data)
    result = run(config, docs, int(golden.get('seed', given.get('seed'))), len(golden['samples']))
    same = True
    for key in sorted(set(result) & set(golden)):
        want, got = golden[key], result[key]
        if key == 'samples' or isinstance(want, int):
            print(f'{key}: {"equal" if want == got else "DIFFERENT"}')
            same = same and want == got
        else:
            pairs = list(zip(want, got, strict=True)) if isinstance(want, list) else [(want, got)]
            worst = max(abs(a - b) for a, b in pairs)
            print(f'{key}: largest difference {worst:.3g}, {sum(a != b for a, b in pairs)} of {len(pairs)} differ')
            same = same and (key != 'losses' or worst <= 1e-11)
    return same


def time_steps(count, preset, data):
    """The median is steady where a mean would follow what else the machine does."""
    model = Model(PRESETS[preset], read_docs(data), 42)
    seconds, losses = [], []
    for step in range(count):
        start = time.perf_counter()
        loss, _ = model.train_step(step)
        seconds.append(time.perf_counter() - start)
        losses.append(loss)
    version, median = platform.python_version(), statistics.median(seconds)
    print(json.dumps({'python': version, 'secondsPerStep': median, 'steps': count, 'losses': losses}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', choices=CASES, help='write this golden alone')
    parser.add_argument('--check-against', metavar='FILE', help='a golden to compare a run with')
    parser.add_argument('--time', metavar='N', type=int, help='training steps to time')
    parser.add_argument('--preset', choices=PRESETS, default='tutorial', help='what to time')
    parser.add_argument('--data', metavar='FILE', default=EMBEDDED, help='documents, one a line')
    args = parser.parse_args()
    if args.check_against:
        sys.exit(0 if check(args.check_against, args.data) else 1)
    if args.time:
        time_steps(args.time, args.preset, args.data)
    else:
        for name in [args.only] if args.only else CASES:
            write_golden(name)


if __name__ == '__main__':
    main()
