"""safetensors as its specification says it, with the standard library alone: the tests' other side.

    python3 spec.py read FILE          metadata and tensors as JSON, each number as its hex()
    python3 spec.py write FILE < JSON  {"metadata": {...}, "tensors": {name: [dtype, shape, numbers]}}
"""
import json
import struct
import sys

FORMATS = {'F64': 'd', 'F32': 'f', 'F16': 'e'}


def pack(dtype, numbers):
    if dtype == 'BF16':
        return b''.join(struct.pack('<f', x)[2:] for x in numbers)
    return struct.pack('<%d%s' % (len(numbers), FORMATS[dtype]), *numbers)


def unpack(dtype, raw):
    if dtype == 'BF16':
        return [struct.unpack('<f', b'\0\0' + raw[i : i + 2])[0] for i in range(0, len(raw), 2)]
    size = struct.calcsize(FORMATS[dtype])
    return list(struct.unpack('<%d%s' % (len(raw) // size, FORMATS[dtype]), raw))


def write(tensors, metadata=None):
    """The widest dtypes first and then by name, as the format's own implementation sorts them."""
    header, data = {}, b''
    if metadata is not None:
        header['__metadata__'] = metadata
    width = {'F64': 8, 'F32': 4, 'F16': 2, 'BF16': 2}
    for name in sorted(tensors, key=lambda name: (-width[tensors[name][0]], name)):
        dtype, shape, numbers = tensors[name]
        raw = pack(dtype, numbers)
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {'dtype': dtype, 'shape': shape, 'data_offsets': offsets}
        data += raw
    text = json.dumps(header, separators=(',', ':'), ensure_ascii=False).encode()
    text += b' ' * (-len(text) % 8)
    return struct.pack('<Q', len(text)) + text + data


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), 'a key comes twice'
    return dict(pairs)


def read(raw):
    (length,) = struct.unpack('<Q', raw[:8])
    assert length <= 100_000_000 and raw[8:9] == b'{'
    header = json.loads(raw[8 : 8 + length].decode(), object_pairs_hook=unique)
    metadata = header.pop('__metadata__', {})
    assert all(isinstance(x, str) for pair in metadata.items() for x in pair)
    data, end, tensors = raw[8 + length :], 0, {}
    for name, info in sorted(header.items(), key=lambda item: item[1]['data_offsets']):
        first, last = info['data_offsets']
        assert first == end, 'a hole or an overlap'
        numbers = unpack(info['dtype'], data[first:last])
        count = 1
        for n in info['shape']:
            count *= n
        assert count == len(numbers)
        tensors[name] = [info['dtype'], info['shape'], [x.hex() for x in numbers]]
        end = last
    assert end == len(data), 'bytes behind the last tensor'
    return {'metadata': metadata, 'tensors': tensors}


if __name__ == '__main__':
    verb, path = sys.argv[1:]
    if verb == 'read':
        with open(path, 'rb') as file:
            json.dump(read(file.read()), sys.stdout)
    else:
        given = json.load(sys.stdin)
        with open(path, 'wb') as file:
            file.write(write(given['tensors'], given.get('metadata')))
