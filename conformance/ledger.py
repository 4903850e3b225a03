"""Hashes, Merkle trees, stream heads, checkpoints and cursors; pages of docs/formats."""

import hashlib
import hmac
import os
import subprocess
import tempfile

from messages import ORIGIN_BYTES_MAX, check_cursor
from wire import FormatError

BATCH_PATH_MAX = 16
NONCE_BYTES = 16


class Suite:
    def __init__(self, number, name, new_hash, spki_prefix, spki_bytes):
        self.number, self.name, self.new_hash = number, name, new_hash
        self.byte = bytes([number])
        self.hash_bytes = new_hash().digest_size
        self.salt_bytes = self.hash_bytes // 2
        self.spki_prefix, self.spki_bytes = bytes.fromhex(spki_prefix), spki_bytes

    def h(self, data):
        return self.new_hash(data).digest()

    def layer_hash(self, layer, salt, content):
        return self.h(b"TBL1" + self.byte + bytes([layer]) + salt + content)

    def stream_id(self, descriptor):
        return self.h(b"TBS1" + self.byte + descriptor)

    def commitment(self, entry_type, stream_id, header, layer_hashes=()):
        return self.h(b"TBE1" + self.byte + bytes([entry_type]) + stream_id
                      + len(header).to_bytes(4, "big") + header + b"".join(layer_hashes))

    def leaf(self, data):
        return self.h(b"\x00" + data)

    def node(self, left, right):
        return self.h(b"\x01" + left + right)


SUITES = {suite.number: suite for suite in (
    Suite(1, "SHA256_ED25519", hashlib.sha256, "302a300506032b6570032100", 44),
    Suite(2, "SHA256_ECDSA_P256", hashlib.sha256,
          "3059301306072a8648ce3d020106082a8648ce3d03010703420004", 91),
    Suite(3, "SHA384_ECDSA_P384", hashlib.sha384,
          "3076301006072a8648ce3d020106052b8104002203620004", 120))}
BY_NAME = {suite.name: suite for suite in SUITES.values()}


def suite_of(number):
    if number not in SUITES:
        raise FormatError(f"suite {number} is not known")
    return SUITES[number]


class Tree:
    """A growing RFC 6962 tree: the roots of its perfect subtrees with their widths."""

    def __init__(self, suite):
        self.suite, self.size, self.stack = suite, 0, []

    def append(self, leaf):
        width = 1
        while self.stack and self.stack[-1][0] == width:
            leaf = self.suite.node(self.stack.pop()[1], leaf)
            width *= 2
        self.stack.append((width, leaf))
        self.size += 1

    def root(self):
        if not self.stack:
            return self.suite.h(b"")
        root = self.stack[-1][1]
        for _, left in reversed(self.stack[:-1]):
            root = self.suite.node(left, root)
        return root


def _split(size):
    """The largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def root_from_path(suite, leaf, index, size, path):
    """RFC 6962 section 2.1.1, read backwards: the path is used up from the root down."""
    if not 0 <= index < size:
        raise FormatError(f"index {index} lies outside a tree of {size}")
    turns = []  # from the root down: whether the leaf is in the left half
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        turns.append(index < middle)
        low, high = (low, middle) if index < middle else (middle, high)
    if len(path) != len(turns):
        raise FormatError(f"the path has {len(path)} hashes, want {len(turns)}")
    if any(len(node) != suite.hash_bytes for node in path):
        raise FormatError("a hash of the path has a wrong size")
    for sibling, left in zip(path, reversed(turns)):
        leaf = suite.node(leaf, sibling) if left else suite.node(sibling, leaf)
    return leaf


def check_inclusion(suite, leaf, index, size, path, root):
    if len(leaf) != suite.hash_bytes or len(root) != suite.hash_bytes:
        raise FormatError("leaf or root has a wrong size")
    if root_from_path(suite, leaf, index, size, path) != root:
        raise FormatError("the path does not lead to the root")


def _consistency(suite, first, size, complete, path, root1):
    """Both roots rebuilt from SUBPROOF(first, D[size], complete); takes hashes off path's end."""
    if first == size:
        if complete:
            return root1, root1
        node = path.pop()
        return node, node
    middle = _split(size)
    sibling = path.pop()
    if first <= middle:
        one, two = _consistency(suite, first, middle, complete, path, root1)
        return one, suite.node(two, sibling)
    one, two = _consistency(suite, first - middle, size - middle, False, path, root1)
    return suite.node(sibling, one), suite.node(sibling, two)


def check_consistency(suite, size1, root1, size2, root2, path):
    if size1 > size2:
        raise FormatError("the later tree is smaller")
    if any(len(node) != suite.hash_bytes for node in path + [root1, root2]):
        raise FormatError("a hash has a wrong size")
    if size1 == 0 or size1 == size2:
        if path:
            raise FormatError("the path should be empty")
        if size1 == 0 and root1 != suite.h(b""):
            raise FormatError("the empty tree has another root")
        if size1 == size2 and root1 != root2:
            raise FormatError("the same tree has two roots")
        return
    rest = list(path)
    try:
        got1, got2 = _consistency(suite, size1, size2, True, rest, root1)
    except IndexError as error:
        raise FormatError("the path is too short") from error
    if rest:
        raise FormatError("the path is too long")
    if (got1, got2) != (root1, root2):
        raise FormatError("the path does not lead to both roots")


class Reader:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def take(self, size):
        if size > len(self.data) - self.pos:
            raise FormatError("the bytes end too early")
        self.pos += size
        return self.data[self.pos - size:self.pos]

    def number(self, size, signed=False):
        return int.from_bytes(self.take(size), "big", signed=signed)

    def begin(self, tag):
        if self.take(4) != tag:
            raise FormatError(f"the bytes do not begin with {tag.decode()}")
        return suite_of(self.number(1))

    def finish(self):
        if self.pos != len(self.data):
            raise FormatError("bytes follow the end")


def encode_head(suite, stream_id, size, root):
    if len(stream_id) != suite.hash_bytes or len(root) != suite.hash_bytes:
        raise FormatError("stream id or root has a wrong size")
    return b"TBH1" + suite.byte + stream_id + size.to_bytes(8, "big") + root


def decode_head(data):
    reader = Reader(data)
    suite = reader.begin(b"TBH1")
    head = {"suite": suite.number, "stream_id": reader.take(suite.hash_bytes),
            "size": reader.number(8), "root": reader.take(suite.hash_bytes)}
    reader.finish()
    return head


def decode_body(data):
    reader = Reader(data)
    suite = reader.begin(b"TBC1")
    origin = reader.take(reader.number(2))
    body = {"suite": suite.number, "epoch": reader.number(8), "tick": reader.number(8),
            "time_us": reader.number(8, signed=True), "key_id": reader.take(32),
            "batch_root": reader.take(suite.hash_bytes)}
    reader.finish()
    try:
        body["origin"] = origin.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("the origin is not UTF-8") from error
    if not 1 <= len(origin) <= ORIGIN_BYTES_MAX:
        raise FormatError("the origin is empty or too long")
    if body["epoch"] < 1 or body["tick"] < 1:
        raise FormatError("epochs and ticks count from 1")
    return body


def check_head(body, stream_id, size, root, nonce, index, path):
    suite = SUITES[body["suite"]]
    if len(path) > BATCH_PATH_MAX:
        raise FormatError(f"the batch path has {len(path)} hashes")
    if len(nonce) != NONCE_BYTES:
        raise FormatError("the nonce has a wrong size")
    leaf = suite.leaf(nonce + encode_head(suite, stream_id, size, root))
    check_inclusion(suite, leaf, index, 1 << len(path), path, body["batch_root"])


def check_key(suite, public_key):
    """One DER encoding only: no compressed points, no parameters written out."""
    if len(public_key) != suite.spki_bytes or not public_key.startswith(suite.spki_prefix):
        raise FormatError(f"the public key is not one of suite {suite.name}")


def check_signature(suite, public_key, body, signature):
    """Asks the openssl command. About 5 ms, so once a checkpoint."""
    if suite.number == 1 and len(signature) != 64:
        raise FormatError("the signature does not have 64 bytes")
    with tempfile.TemporaryDirectory() as folder:
        paths = {name: os.path.join(folder, name) for name in ("key", "body", "signature")}
        for name, data in (("key", public_key), ("body", body), ("signature", signature)):
            with open(paths[name], "wb") as out:
                out.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER",
                   "-inkey", paths["key"], "-rawin", "-in", paths["body"],
                   "-sigfile", paths["signature"]]
        if suite.number != 1:
            command += ["-digest", "sha256" if suite.number == 2 else "sha384"]
        done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise FormatError("the signature does not verify under the key")


def check_checkpoint(suite, public_key, body, signature):
    """Decodes the body and checks that this key signed it."""
    decoded = decode_body(body)
    check_key(suite, public_key)
    if decoded["suite"] != suite.number:
        raise FormatError("the checkpoint is of another suite")
    if decoded["key_id"] != hashlib.sha256(public_key).digest():
        raise FormatError("the checkpoint names another key")
    check_signature(suite, public_key, body, signature)
    return decoded


def decode_cursor(key, data):
    if data[:4] != b"TBK1":
        raise FormatError("the cursor does not begin with TBK1")
    if len(data) < 5 + 16:
        raise FormatError("the cursor ends too early")
    if data[4] != 1:
        raise FormatError(f"cursor version {data[4]} is not known")
    want = hmac.new(key, data[:-16], hashlib.sha256).digest()[:16]
    if not hmac.compare_digest(want, data[-16:]):
        raise FormatError("the cursor's MAC is wrong")
    return check_cursor(data[5:-16])
