"""
Writes random.json beside this file: what CPython's own `random` module draws. Run: python3 make-random.py

Each sequence starts from a fresh random.seed(seed). A draw is [method, argument, ...]; `skip n` draws n times
random() and keeps nothing, `shuffle n` shuffles range(n).
"""

import json
import platform
import random
from pathlib import Path

# As expressions, so that they stay readable; the last one has more 32-bit words than the twister.
SEEDS = ['0', '1', '42', '-42', '2**31', '2**32-1', '2**32', '-2**32', '2**53-1', '2**64+12345', '2**20000+1']

WEIGHTS = [0.5, 4, 8.25, 1e-3, 0, 5.5, 0, 9, 2.5, 1e3, 0.1, 0.2, 0.3]

SEQUENCES = {
    'random': [['random']] * 8,
    'random, the state used up twice': [['skip', 311], ['random'], ['random'], ['skip', 320], ['random']],
    'getrandbits': [['getrandbits', k] for k in (1, 5, 31, 32, 33, 53, 0, 53, 33, 32, 31, 5, 1)],
    'gauss': [['gauss', 0, 1]] * 7 + [['gauss', 0, 0.02], ['gauss', 10, 2.5], ['gauss', 0, 0], ['gauss']],
    'gauss, random, gauss': [['gauss'], ['random'], ['gauss'], ['random'], ['gauss'], ['getrandbits', 8], ['gauss']],
    'shuffle': [['shuffle', n] for n in (0, 1, 2, 3, 16, 33, 100)],
    'choices': [['choices', WEIGHTS, 20], ['choices', [1, 1], 5], ['choices', [7], 2], ['choices', [0, 0, 1], 2]],
    'randrange of a stop': [['randrange', n] for n in (1, 2, 7, 10, 16, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**53 - 1)],
    'randrange from a start': [['randrange', a, b] for a, b in ((5, 6), (-3, 4), (10, 1000), (-(2**40), 2**40))],
    'randrange by a step': [
        ['randrange', *r] for r in ((0, 10, 3), (10, 0, -3), (5, -6, -1), (-7, 1000, 10), (0, 2**50, 7), (1, 2, 5))
    ],
}


def draw(method, *args):
    if method == 'skip':
        for _ in range(args[0]):
            random.random()
        return None
    if method == 'shuffle':
        items = list(range(args[0]))
        random.shuffle(items)
        return items
    if method == 'choices':
        weights, k = args
        return random.choices(range(len(weights)), weights=weights, k=k)
    return getattr(random, method)(*args)


def replay(seed, sequence):
    random.seed(seed)
    return [draw(*call) for call in sequence]


golden = {
    'python': platform.python_version(),
    'sequences': SEQUENCES,
    'seeds': {seed: {name: replay(eval(seed), calls) for name, calls in SEQUENCES.items()} for seed in SEEDS},
}
out = Path(__file__).resolve().parent / 'random.json'
out.write_text(json.dumps(golden, separators=(',', ':')) + '\n')
