"""A publisher for tests and vectors: streams, signed heads, pages; hashes by itself, and slowly."""

import hashlib

import federation_sample as f
from frames import MESSAGES
from messages import DESCRIPTOR, HEADER, RETRACT, TOMBSTONE
from sample import layer, tree_hash
from wire import encode

TIME_US = f.NOW_US


def h(data):
    return hashlib.sha256(data).digest()


def tagged(tag, *parts):
    return h(tag + b"\x01" + b"".join(parts))


def consistency(m, leaves, complete=True):
    """SUBPROOF of RFC 6962 section 2.1.2."""
    n = len(leaves)
    if m == n:
        return [] if complete else [tree_hash(h, leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return consistency(m, leaves[:k], complete) + [tree_hash(h, leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [tree_hash(h, leaves[:k])]


def path(m, leaves):
    return consistency(m, leaves) if 0 < m < len(leaves) else []


def descriptor(origin=f.CITY, item="test.penalty", sharing_class=1, kind=1):
    return encode(DESCRIPTOR, {"kind": kind, "origin": origin, "item": item if kind == 1 else "",
                               "sharing_class": sharing_class, "generation": 1})


def put(record, version=1, values=("p", "g", "l"), **fields):
    return 1, encode(HEADER, {"record_id": record * 16, "version": version, "kind": 4,
                              "polarity": 4, "state": 1, "recorded_at_us": TIME_US,
                              **fields}), values


def retract(record, version):
    return 2, encode(RETRACT, {"record_id": record * 16, "version": version,
                               "recorded_at_us": TIME_US}), ()


def tombstone(*seqs):
    return 3, encode(TOMBSTONE, {"erased_seqs": list(seqs), "recorded_at_us": TIME_US}), ()


class Stream:
    """Entries of one stream, as `put`, `retract` and `tombstone` give them."""

    def __init__(self, described=None):
        self.descriptor = described or descriptor()
        self.stream_id = tagged(b"TBS1", self.descriptor)
        self.entries, self.leaves = [], []

    def append(self, *entries):
        for kind, header, values in entries:
            seq = len(self.entries) + 1
            salts = [h(b"salt%d-%d" % (seq, i))[:16] for i in range(len(values))]
            contents = [layer(value) for value in values]
            hashes = [tagged(b"TBL1", bytes([i + 1]), salt, content)
                      for i, (salt, content) in enumerate(zip(salts, contents))]
            commitment = tagged(b"TBE1", bytes([kind]), self.stream_id,
                                len(header).to_bytes(4, "big"), header, *hashes)
            self.entries.append((kind, header, salts, contents, hashes))
            self.leaves.append(h(b"\x00" + commitment))
        return self

    def root(self, size=None):
        return tree_hash(h, self.leaves[:size])

    def page(self, first, last, layers=(1, 2), size=None, stubs=(), erased=(), **change):
        """An Entries message, proved against a head of `size`."""
        out = {"stream_id": self.stream_id, "first_seq": first, "forms": b"", "headers": [],
               "contents": [], "salts": b"", "hashes": b"", "cursor": b"cursor",
               "path": path(last, self.leaves[:size])}
        for seq in range(first, last + 1):
            kind, header, salts, contents, hashes = self.entries[seq - 1]
            if seq in erased:
                out["forms"] += b"\x80"
                out["hashes"] += self.leaves[seq - 1]
                continue
            shown = layers if kind == 1 and seq not in stubs else ()
            out["forms"] += bytes([kind | sum(8 << n for n in shown)])
            out["headers"].append(header)
            for n in (1, 2, 3) if kind == 1 else ():
                if n in shown:
                    out["salts"] += salts[n - 1]
                    out["contents"].append(contents[n - 1])
                else:
                    out["hashes"] += hashes[n - 1]
        return {**out, **change}

    def layers(self, layer_number, first, last, seqs, **change):
        """A Layers message."""
        chosen = [self.entries[seq - 1] for seq in seqs]
        return {"stream_id": self.stream_id, "layer": layer_number, "first_seq": first,
                "last_seq": last, "seqs": list(seqs), "cursor": b"cursor",
                "contents": [e[3][layer_number - 1] for e in chosen],
                "salts": b"".join(e[2][layer_number - 1] for e in chosen), **change}


def head(stream, tick=1, epoch=1, size=None, origin=f.CITY, signer=12, root=None, batch=None):
    """A Head message: the stream's head beside one filler (`batch`) under a signed checkpoint."""
    size = len(stream.leaves) if size is None else size
    root = root or stream.root(size)
    nonce, filler = bytes([tick]) * 16, batch or b"f" * 32
    leaf = h(b"\x00" + nonce + b"TBH1\x01" + stream.stream_id + size.to_bytes(8, "big") + root)
    key = f.key(signer)
    body = (b"TBC1\x01" + len(origin).to_bytes(2, "big") + origin.encode()
            + epoch.to_bytes(8, "big") + tick.to_bytes(8, "big") + TIME_US.to_bytes(8, "big")
            + key.key_id + h(b"\x01" + leaf + filler))
    return {"checkpoint": {"body": body, "signature": key.sign(body)},
            "proof": {"head": {"stream_id": stream.stream_id, "size": size, "root": root},
                      "nonce": nonce, "index": 0, "path": [filler]}}


def story():
    """Every form of entry: six entries, as docs/formats/stub_and_tombstone.md's example."""
    return Stream().append(put(b"a"), put(b"b"), put(b"c"), retract(b"c", 2), put(b"d"),
                           tombstone(5))


def payload(name, values):
    return encode(MESSAGES[name], values)
