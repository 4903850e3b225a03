"""Builds a small export for the tests of the verifier: three streams, every form of entry.

Encodes and hashes by itself, with the slow recursion of RFC 6962, so that a mistake of the checker
is not repeated here. Signs with a key that the openssl command makes.
"""

import base64
import hashlib
import json
import os
import subprocess

ORIGIN = "spiffe://federation.example/xx"
TICK, EPOCH, TIME_US = 7, 2, 20000 * 86400 * 1000000
SPLIT = {1: (hashlib.sha256, 16, "SHA256_ED25519", ["-algorithm", "ed25519"]),
         2: (hashlib.sha256, 16, "SHA256_ECDSA_P256",
             ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
         3: (hashlib.sha384, 24, "SHA384_ECDSA_P384",
             ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"])}


def b64(data):
    return base64.b64encode(data).decode()


def varint(value):
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    value = value if isinstance(value, bytes) else value.encode()
    return varint(field << 3 | 2) + varint(len(value)) + value


def tree_hash(h, leaves):
    if len(leaves) <= 1:
        return leaves[0] if leaves else h(b"")
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return h(b"\x01" + tree_hash(h, leaves[:k]) + tree_hash(h, leaves[k:]))


def descriptor(item, sharing_class, kind=1):
    return (number(1, kind) + text(2, ORIGIN) + (text(3, item) if item else b"")
            + number(4, sharing_class) + number(5, 1))


def record_header(record, version, share_until=None):
    out = (text(1, record * 16) + number(2, version) + number(3, 4) + number(4, 4) + number(5, 1))
    if share_until is not None:
        out += number(11, share_until << 1)
    return out + number(12, TIME_US)


def layer(value):
    if not value:
        return b""
    return text(1, text(1, "decision.number") + text(2, value)) + text(
        1, text(1, "subject.name") + text(2, value + " Ltd"))


class Sample:
    def __init__(self, suite, folder):
        new_hash, self.salt_bytes, self.suite_name, options = SPLIT[suite]
        self.suite, self.folder = suite, folder
        self.h = lambda data: new_hash(data).digest()
        self.key_path = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "genpkey", "-out", self.key_path] + options, check=True,
                       capture_output=True)
        self.public_key = subprocess.run(
            ["openssl", "pkey", "-in", self.key_path, "-pubout", "-outform", "DER"], check=True,
            capture_output=True).stdout
        self.lines, self.heads, self.entries = [], [], 0

    def sign(self, body):
        path = os.path.join(self.folder, "body")
        with open(path, "wb") as out:
            out.write(body)
        command = ["openssl", "pkeyutl", "-sign", "-inkey", self.key_path, "-rawin", "-in", path]
        if self.suite != 1:
            command += ["-digest", "sha256" if self.suite == 2 else "sha384"]
        return subprocess.run(command, check=True, capture_output=True).stdout

    def tagged(self, tag, *parts):
        return self.h(tag + bytes([self.suite]) + b"".join(parts))

    def entry(self, stream_id, seq, kind, header, layers=(), form="whole"):
        """The JSON line and the leaf. `layers`: three texts."""
        hashes, copies = [], []
        for i, value in enumerate(layers):
            salt = self.h(b"salt%d-%d" % (seq, i))[:self.salt_bytes]
            content = layer(value)
            hashes.append(self.tagged(b"TBL1", bytes([i + 1]), salt, content))
            copies.append({"hash": b64(hashes[-1])} if form == "stub" else
                          {"salt": b64(salt), "content": b64(content)})
        leaf = self.h(b"\x00" + self.tagged(b"TBE1", bytes([kind]), stream_id,
                                            len(header).to_bytes(4, "big"), header, *hashes))
        line = {"type": "entry", "stream": stream_id.hex(), "seq": seq}
        if form == "erased":
            return {**line, "leaf_hash": b64(leaf)}, leaf
        line.update(entry_type=("PUT", "RETRACT", "TOMBSTONE")[kind - 1], header=b64(header))
        return ({**line, "layers": copies} if kind == 1 else line), leaf

    def stream(self, described, entries):
        stream_id = self.tagged(b"TBS1", described)
        made = [self.entry(stream_id, seq + 1, *entry) for seq, entry in enumerate(entries)]
        self.add_stream(stream_id, described, made)

    def add_stream(self, stream_id, described, made):
        root = tree_hash(self.h, [leaf for _, leaf in made])
        self.heads.append((stream_id, len(made), root))
        self.entries += len(made)
        self.lines.append({"type": "stream", "stream_id": stream_id.hex(),
                           "descriptor": b64(described), "size": len(made), "root": root.hex(),
                           "tick": TICK})
        self.lines += [line for line, _ in made]

    def audit(self):
        described = descriptor("", 4, kind=2)
        stream_id = self.tagged(b"TBS1", described)
        events = [number(1, 1) + number(2, TIME_US) + text(3, "operator") + text(5, "OK")
                  + text(12, hashlib.sha256(self.public_key).digest()),
                  number(1, 10) + number(2, TIME_US) + text(3, "operator") + text(4, b"c" * 16)
                  + text(5, "OK")]
        made = [({"type": "audit_event", "seq": i + 1, "event": b64(event)},
                 self.h(b"\x00" + event)) for i, event in enumerate(events)]
        self.add_stream(stream_id, described, made)

    def checkpoint(self):
        """Heads in a batch of four: three streams and one random leaf."""
        nonces = [bytes([i]) * 16 for i in range(3)]
        leaves = [self.h(b"\x00" + nonces[i] + b"TBH1" + bytes([self.suite]) + s
                         + size.to_bytes(8, "big") + root)
                  for i, (s, size, root) in enumerate(self.heads)] + [self.h(b"padding")]
        pairs = [self.h(b"\x01" + leaves[0] + leaves[1]), self.h(b"\x01" + leaves[2] + leaves[3])]
        for i, (stream_id, _, _) in enumerate(self.heads):
            self.lines.append({"type": "head_proof", "stream": stream_id.hex(), "tick": TICK,
                               "nonce": b64(nonces[i]), "index": i,
                               "path": [b64(leaves[i ^ 1]), b64(pairs[1 - i // 2])]})
        body = (b"TBC1" + bytes([self.suite]) + len(ORIGIN).to_bytes(2, "big") + ORIGIN.encode()
                + EPOCH.to_bytes(8, "big") + TICK.to_bytes(8, "big") + TIME_US.to_bytes(8, "big")
                + hashlib.sha256(self.public_key).digest() + self.h(b"\x01" + pairs[0] + pairs[1]))
        self.lines.append({"type": "checkpoint", "tick": TICK, "body": b64(body),
                           "signature": b64(self.sign(body))})

    def build(self):
        self.lines.append({"type": "node", "format": 1, "origin": ORIGIN,
                           "suite": self.suite_name, "public_key": b64(self.public_key)})
        self.stream(descriptor("test.inspection", 1), [
            (1, record_header(b"a", 1), ("one", "", "")),
            (1, record_header(b"b", 1), ("two", "", ""), "stub"),     # a later version follows
            (1, record_header(b"b", 2), ("three", "four", "five")),
            (1, record_header(b"c", 1), ("x", "y", "z"), "erased"),   # the tombstone names it
            (1, record_header(b"d", 1, share_until=19999), ("x", "", ""), "stub"),  # it ended
            (2, text(1, b"a" * 16) + number(2, 2) + number(3, TIME_US)),
            (3, text(1, varint(4)) + number(2, TIME_US))])
        self.stream(descriptor("test.penalty", 3), [
            (1, record_header(b"e", 1), ("", "", "secret")),
            (1, record_header(b"f", 1), ("", "", "hidden"))])
        self.audit()
        self.checkpoint()
        self.lines.append({"type": "end", "streams": 3, "entries": self.entries, "checkpoints": 1})
        return self


def encode(lines):
    return [json.dumps(line).encode() + b"\n" for line in lines]
