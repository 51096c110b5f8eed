"""Makes corpus/CODE/NAME.safetensors: files that are refused with CODE, and under good/ such as are read.

    python3 test/safetensors/make-corpus.py
"""
import os
import shutil
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
A = '"a":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}'
B = '"b":{"dtype":"F64","shape":[1],"data_offsets":[16,24]}'
MAX = 2**53


def file(header, data=b'', length=None, pad=True):
    raw = header if isinstance(header, bytes) else header.encode()
    if pad:
        raw += b' ' * (-len(raw) % 8)
    return struct.pack('<Q', len(raw) if length is None else length) + raw + data


def tensor(dtype='F64', shape='[1,2]', offsets='[0,16]', name='a'):
    return '{"%s":{"dtype":"%s","shape":%s,"data_offsets":%s}}' % (name, dtype, shape, offsets)


TWO = bytes(16)
CORPUS = {
    'good': {
        'no-tensor': file('{}'),
        # MLX and others do not pad.
        'header-of-2': file('{}', pad=False),
        'header-of-9': file(b'{}       ', pad=False),
        'two': file('{%s,%s}' % (A, B), bytes(24)),
        'two-in-other-order': file('{%s,%s}' % (B, A), bytes(24)),
        'spaces': file('{ "a" :\t{ "shape": [ 1 , 2 ],\r\n"data_offsets":[0,16], "dtype": "F64"} }', TWO),
        'scalar': file(tensor(shape='[]', offsets='[0,8]'), bytes(8)),
        'no-numbers': file(tensor(shape='[0,2]', offsets='[0,0]')),
        'empty-beside-full': file('{%s,"z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' % A, TWO),
        'narrow-last': file('{%s,"z":{"dtype":"F16","shape":[1],"data_offsets":[16,18]}}' % A, bytes(18)),
        'metadata': file('{"__metadata__":{"k":"v","e":"","u":"\\u00e9\\"\\\\"},%s}' % A, TWO),
        'escaped-name': file(tensor(name='\\u0061\\n'), TWO),
        'name-of-a-method': file(tensor(name='toString'), TWO),
    },
    'truncated': {
        'nothing': b'',
        'seven-bytes': bytes(7),
        'header-past-the-end': file('{}', length=1024),
        'numbers-missing': file('{%s}' % A, bytes(8)),
        'tensor-past-the-end': file('{%s,%s}' % (A, B), TWO),
        'offset-of-2-52': file(tensor(shape='[%d]' % 2**49, offsets='[0,%d]' % 2**52), TWO),
    },
    'header': {
        'length-0': file('', length=0),
        'length-1': file('{', length=1),
        'length-over-16-mib': file('{}', length=16 * 2**20 + 8),
        'length-over-100-mb': file('{}', length=100_000_008),
        'length-2-53': file('{}', length=MAX),
        'length-2-63': file('{}', length=2**63),
        'length-2-64-less-1': file('{}', length=2**64 - 1),
    },
    'alignment': {
        'tensor-at-2': file(
            '{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},'
            '"a":{"dtype":"F64","shape":[1],"data_offsets":[2,10]}}',
            bytes(10),
        ),
    },
    'json': {
        'no-brace': file('[]'),
        'space-before-the-brace': file(' {}'),
        'zeros': bytes([8] + [0] * 15),
        'open': file('{'),
        'open-string': file('{"a'),
        'open-escape': file(b'{"a":{"\\'),
        'no-colon': file('{"a" {}}'),
        'no-value': file('{"a":}'),
        'comma-last': file('{%s,}' % A, TWO),
        'comma-first': file('{,%s}' % A, TWO),
        'two-objects': file('{}{}'),
        'nul-behind': file(b'{}\0\0\0\0\0\0'),
        'tensor-null': file('{"a":null}'),
        'tensor-list': file('{"a":[1]}'),
        'empty-tensor': file('{"a":{}}'),
        'no-shape': file('{"a":{"dtype":"F64","data_offsets":[0,0]}}'),
        'one-offset': file(tensor(offsets='[0]')),
        'other-field': file('{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0],"x":1}}'),
        'dtype-number': file('{"a":{"dtype":1,"shape":[0],"data_offsets":[0,0]}}'),
        'metadata-number': file('{"__metadata__":{"a":1}}'),
        'metadata-nested': file('{"__metadata__":{"a":{"b":"c"}}}'),
        'metadata-text': file('{"__metadata__":"a"}'),
        'deep-lists': file('{"a":' + '[' * 4000 + ']' * 4000 + '}'),
        'deep-objects': file('{"a":' * 2000 + '1' + '}' * 2000),
        'deep-shape': file(tensor(shape='[' * 4000 + ']' * 4000)).replace(b'"shape":[[', b'"shapf":[['),
        'utf-8': file(b'{"\xff":{}}'),
        'utf-8-overlong': file(b'{"\xc0\x80":{}}'),
        'utf-8-surrogate': file(b'{"\xed\xa0\x80":{}}'),
        'bom': file(b'\xef\xbb\xbf{}'),
        'utf-16': file('{}'.encode('utf-16-le')),
        'bad-escape': file('{"\\x61":{}}'),
        'short-escape': file('{"\\u00":{}}'),
        'control-character': file('{"a\nb":{}}'),
        'single-quotes': file("{'a':{}}"),
        'comment': file('{/**/}'),
    },
    'key': {
        'proto': file(tensor(name='__proto__'), TWO),
        'proto-escaped': file(tensor(name='\\u005f_proto__'), TWO),
        'constructor': file(tensor(name='constructor'), TWO),
        'prototype': file(tensor(name='prototype'), TWO),
        'metadata-proto': file('{"__metadata__":{"__proto__":"x"}}'),
        'tensor-proto': file('{"a":{"__proto__":{}}}'),
    },
    'duplicate': {
        'tensor': file('{%s,%s}' % (A, A), TWO),
        'tensor-escaped': file('{%s,%s}' % (A, A.replace('"a"', '"\\u0061"')), TWO),
        'metadata': file('{"__metadata__":{},"__metadata__":{}}'),
        'metadata-key': file('{"__metadata__":{"a":"1","a":"1"}}'),
        'dtype': file('{"a":{"dtype":"F64","dtype":"F64","shape":[0],"data_offsets":[0,0]}}'),
    },
    'dtype': {
        'unknown': file(tensor(dtype='F128'), TWO),
        'lower-case': file(tensor(dtype='f64'), TWO),
        'integer': file(tensor(dtype='I64'), TWO),
        'none': file(tensor(dtype=''), TWO),
        'method': file(tensor(dtype='toString'), TWO),
    },
    'shape': {
        'negative': file(tensor(shape='[-1,-2]'), TWO),
        'fraction': file(tensor(shape='[1.5,2]'), TWO),
        'exponent': file(tensor(shape='[2e0]'), TWO),
        'leading-zero': file(tensor(shape='[02]'), TWO),
        'hexadecimal': file(tensor(shape='[a]'), TWO),
        'text': file(tensor(shape='["2"]'), TWO),
        'null': file(tensor(shape='[null]'), TWO),
        '2-53': file(tensor(shape='[%d]' % MAX), TWO),
        'a-hundred-digits': file(tensor(shape='[%s]' % ('9' * 100)), TWO),
        'product-over-2-53': file(tensor(shape='[%d,%d]' % (2**30, 2**30)), TWO),
        'product-over-2-64': file(tensor(shape='[%d,%d,16]' % (2**32, 2**31)), TWO),
        'too-many-dimensions': file(tensor(shape='[%s]' % ','.join(['1'] * 17), offsets='[0,8]'), bytes(8)),
    },
    'offsets': {
        'negative': file(tensor(offsets='[-16,0]'), TWO),
        'turned-round': file(tensor(offsets='[16,0]'), TWO),
        'fraction': file(tensor(offsets='[0,16.0]'), TWO),
        '2-53': file(tensor(offsets='[0,%d]' % MAX), TWO),
        'three': file(tensor(offsets='[0,16,16]'), TWO),
        'too-short': file(tensor(offsets='[0,8]'), bytes(8)),
        'too-long': file(tensor(offsets='[0,24]'), bytes(24)),
        'other-dtype': file(tensor(dtype='F32'), TWO),
        'hole-at-the-start': file(tensor(offsets='[8,24]'), bytes(24)),
        'hole': file('{%s,"b":{"dtype":"F64","shape":[1],"data_offsets":[24,32]}}' % A, bytes(32)),
        'overlap': file('{%s,"b":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}}' % A, TWO),
        'same-place': file('{%s,%s}' % (A, A.replace('"a"', '"b"')), TWO),
    },
    'trailing': {
        'one-byte': file('{%s}' % A, bytes(17)),
        'without-a-tensor': file('{}', bytes(8)),
        'a-tensor-too-few': file('{%s}' % A, bytes(24)),
    },
}

if __name__ == '__main__':
    shutil.rmtree(os.path.join(HERE, 'corpus'), ignore_errors=True)
    for code, files in CORPUS.items():
        folder = os.path.join(HERE, 'corpus', code)
        os.makedirs(folder)
        for name, raw in files.items():
            with open(os.path.join(folder, name + '.safetensors'), 'wb') as out:
                out.write(raw)
