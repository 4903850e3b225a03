"""Checks the proof of one record; docs/formats/proof.md."""

import base64
import binascii
import re

from ledger import BY_NAME, check_checkpoint, check_head, check_inclusion
from messages import (check_descriptor, check_layer, check_record_header, check_retract,
                      check_tombstone)
from wire import FormatError

STREAM_KINDS = {"RECORDS": 1, "AUDIT": 2}
CLASSES = {"PUBLIC": 1, "GOVERNMENT": 2, "LIMITED": 3, "LOCAL": 4}
ENTRY_TYPES = {"PUT": 1, "RETRACT": 2, "TOMBSTONE": 3}
ENTRY_KEYS = {"seq", "type", "header", "public_layer", "government_layer", "limited_layer",
              "leaf_hash"}


def _snake(name):
    return re.sub("[A-Z]", lambda m: "_" + m.group().lower(), name)


def parse_object(value, keys, what):
    """A JSON object with its keys in snake_case; `keys`: those it may have, None = any."""
    if not isinstance(value, dict):
        raise FormatError(f"{what} is not an object")
    out = {_snake(key): item for key, item in value.items()}
    if len(out) != len(value) or (keys is not None and out.keys() - keys):
        raise FormatError(f"{what} has a key twice or an unknown one")
    return out


def _number(value):
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise FormatError("a number is not a whole number of 64 bits")
    return value


def parse_bytes(value):
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise FormatError("a value is not base64") from error


def _hashes(value):
    if not isinstance(value, list):
        raise FormatError("a path is not a list")
    return [parse_bytes(node) for node in value]


def _name(table, value, what):
    if not isinstance(value, str) or value not in table:
        raise FormatError(f"{what} {value!r} is not known")
    return table[value]


def _text(value):
    if not isinstance(value, str):
        raise FormatError("a text is not a string")
    return value.encode()


def _varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def descriptor_bytes(value):
    """The canonical bytes of a StreamDescriptor given as JSON."""
    fields = parse_object(value, {"kind", "origin", "item", "sharing_class", "generation"},
                     "the stream")
    out = b""
    for number, data in ((1, _name(STREAM_KINDS, fields.get("kind"), "kind")),
                         (2, _text(fields.get("origin", ""))), (3, _text(fields.get("item", ""))),
                         (4, _name(CLASSES, fields.get("sharing_class"), "class")),
                         (5, _number(fields.get("generation", 0)))):
        if isinstance(data, bytes) and data:
            out += _varint(number << 3 | 2) + _varint(len(data)) + data
        elif isinstance(data, int) and data:
            out += _varint(number << 3) + _varint(data)
    return out


def _layer_hash(suite, index, value):
    layer = parse_object(value, {"salt", "content", "hash"}, "a layer")
    salt, content, stated = (parse_bytes(layer.get(key, ""))
                             for key in ("salt", "content", "hash"))
    if stated:
        if salt or content or len(stated) != suite.hash_bytes:
            raise FormatError("a layer has a hash of a wrong size, or more than a hash")
        return stated
    if len(salt) != suite.salt_bytes:
        raise FormatError("a salt has a wrong size")
    check_layer(content)
    return suite.layer_hash(index, salt, content)


def _entry_leaf(suite, stream_id, entry, seq):
    if "leaf_hash" in entry:
        if entry.keys() - {"seq", "leaf_hash"}:
            raise FormatError("an erased entry has a leaf hash and nothing else")
        return parse_bytes(entry["leaf_hash"])
    entry_type = _name(ENTRY_TYPES, entry.get("type"), "entry type")
    header = parse_bytes(entry.get("header", ""))
    names = ("public_layer", "government_layer", "limited_layer")
    hashes = []
    if entry_type == 1:
        check_record_header(header)
        hashes = [_layer_hash(suite, i + 1, entry.get(name)) for i, name in enumerate(names)]
    elif entry.keys() & set(names):
        raise FormatError("only a PUT has layers")
    elif entry_type == 2:
        check_retract(header)
    else:
        check_tombstone(header, seq)
    return suite.leaf(suite.commitment(entry_type, stream_id, header, hashes))


def check_proof(value, trusted_key=None):
    """The decoded checkpoint body of a proof that holds; FormatError otherwise."""
    proof = parse_object(value, {"stream", "suite", "entry", "inclusion_path", "head",
                                 "checkpoint", "public_key"}, "the proof")
    suite = _name(BY_NAME, proof.get("suite"), "suite")
    public_key = parse_bytes(proof.get("public_key", ""))
    if trusted_key is not None and trusted_key != public_key:
        raise FormatError("the proof is under another key")
    descriptor = descriptor_bytes(proof.get("stream"))
    origin = check_descriptor(descriptor)["origin"]
    stream_id = suite.stream_id(descriptor)
    entry = parse_object(proof.get("entry"), ENTRY_KEYS, "the entry")
    seq = _number(entry.get("seq", 0))
    if seq < 1:
        raise FormatError("entry numbers count from 1")
    leaf = _entry_leaf(suite, stream_id, entry, seq)
    checkpoint = parse_object(proof.get("checkpoint"), {"body", "signature"}, "the checkpoint")
    body = check_checkpoint(suite, public_key, parse_bytes(checkpoint.get("body", "")),
                            parse_bytes(checkpoint.get("signature", "")))
    if body["origin"] != origin:
        raise FormatError("the checkpoint is of another origin")
    head_proof = parse_object(proof.get("head"), {"head", "nonce", "index", "path"},
                              "the head proof")
    head = parse_object(head_proof.get("head"), {"stream_id", "size", "root"}, "the head")
    size, root = _number(head.get("size", 0)), parse_bytes(head.get("root", ""))
    if parse_bytes(head.get("stream_id", "")) != stream_id:
        raise FormatError("the head is of another stream")
    check_head(body, stream_id, size, root, parse_bytes(head_proof.get("nonce", "")),
               _number(head_proof.get("index", 0)), _hashes(head_proof.get("path", [])))
    check_inclusion(suite, leaf, seq - 1, size, _hashes(proof.get("inclusion_path", [])), root)
    return body
