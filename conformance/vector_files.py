"""Checks the test vectors under conformance/vectors; their keys are in vectors/README.md."""

import json
import pathlib

from documents import check_document, check_threshold
from exchange_vectors import KINDS as EXCHANGE_KINDS
from ledger import (Tree, check_checkpoint, check_consistency, check_head, check_inclusion,
                    decode_body, decode_cursor, decode_head, suite_of)
from messages import (check_descriptor, check_layer, check_record_header, check_retract,
                      check_tombstone)
from proof import check_proof
from registry import CHECKS
from wire import FormatError


def _hex(values):
    return [bytes.fromhex(value) for value in values]


def _same(vector, got):
    for key, value in got.items():
        value = value.hex() if isinstance(value, bytes) else value
        if vector[key] != value:
            raise FormatError(f"{key} is {value!r}, the vector says {vector[key]!r}")


def layer(vector):
    check_layer(bytes.fromhex(vector["bytes"]))


def header(vector):
    check_record_header(bytes.fromhex(vector["bytes"]))


def _layer_hash(suite, index, item):
    if item["class"] != index:
        raise FormatError("a layer stands in another's place")
    if "hash" in item:
        stated = bytes.fromhex(item["hash"])
        if len(stated) != suite.hash_bytes:
            raise FormatError("a layer's hash has a wrong size")
        return stated
    salt, data = _hex([item["salt"], item["bytes"]])
    if len(salt) != suite.salt_bytes:
        raise FormatError("a salt has a wrong size")
    check_layer(data)
    return suite.layer_hash(index, salt, data)


def entry(vector):
    suite, kind = suite_of(vector["suite"]), vector["type"]
    descriptor, data = _hex([vector["descriptor"], vector["header"]])
    check_descriptor(descriptor)
    checks = {1: check_record_header, 2: check_retract,
              3: lambda d: check_tombstone(d, 1 << 63)}  # a vector has no number of its own
    if kind not in checks or len(vector["layers"]) != (3 if kind == 1 else 0):
        raise FormatError("an unknown type, or layers missing or out of place")
    checks[kind](data)
    stream_id = suite.stream_id(descriptor)
    hashes = [_layer_hash(suite, i + 1, item) for i, item in enumerate(vector["layers"])]
    commitment = suite.commitment(kind, stream_id, data, hashes)
    _same(vector, {"stream_id": stream_id, "commitment": commitment,
                   "leaf_hash": suite.leaf(commitment)})


def merkle_root(vector):
    tree = Tree(suite_of(vector["suite"]))
    for leaf in _hex(vector["leaves"]):
        tree.append(tree.suite.leaf(leaf))
    if tree.root() != bytes.fromhex(vector["root"]):
        raise FormatError("another root")


def inclusion(vector):
    leaf, root = _hex([vector["leaf_hash"], vector["root"]])
    check_inclusion(suite_of(vector["suite"]), leaf, vector["index"], vector["size"],
                    _hex(vector["path"]), root)


def consistency(vector):
    root1, root2 = _hex([vector["root1"], vector["root2"]])
    check_consistency(suite_of(vector["suite"]), vector["size1"], root1, vector["size2"],
                      root2, _hex(vector["path"]))


def head(vector):
    got = decode_head(bytes.fromhex(vector["bytes"]))
    if vector["valid"]:
        _same(vector, got)


def checkpoint(vector):
    body, signature, key = _hex([vector["body"], vector["signature"], vector["public_key"]])
    got = check_checkpoint(suite_of(vector["suite"]), key, body, signature)
    if vector["valid"]:
        _same(vector, {k: got[k] for k in ("origin", "epoch", "tick", "time_us", "batch_root")})


def head_proof(vector):
    body = decode_body(bytes.fromhex(vector["body"]))
    stream_id, root, nonce = _hex([vector["stream_id"], vector["root"], vector["nonce"]])
    check_head(body, stream_id, vector["size"], root, nonce, vector["index"],
               _hex(vector["path"]))


def cursor(vector):
    key, data = _hex([vector["key"], vector["bytes"]])
    got = decode_cursor(key, data)
    if vector["valid"]:
        positions = [{"stream_id": p["stream_id"].hex(), "layer": p["layer"],
                      "next_seq": p["next_seq"]} for p in got.get("positions", [])]
        if positions != vector["positions"]:
            raise FormatError("other positions")


def proof(vector):
    trusted = vector.get("trusted_key")
    check_proof(vector["proof"], bytes.fromhex(trusted) if trusted is not None else None)


def document(vector):
    signatures = [{"key_id": bytes.fromhex(item["key_id"]), "suite": item["suite"],
                   "signature": bytes.fromhex(item["signature"])} for item in vector["signatures"]]
    value = {"kind": vector["kind"], "body": bytes.fromhex(vector["body"]),
             "signatures": signatures}
    body = check_document(value)
    if vector["kind"] not in CHECKS:
        raise FormatError("neither root, registry nor timestamp")
    CHECKS[vector["kind"]](body)
    keys = [{"suite": key["suite"], "spki": bytes.fromhex(key["spki"])} for key in vector["keys"]]
    check_threshold(value, keys, vector["threshold"])


KINDS = {f.__name__: f for f in (layer, header, entry, merkle_root, inclusion, consistency, head,
                                 checkpoint, head_proof, cursor, proof, document)}
KINDS.update(EXCHANGE_KINDS)


def check_vector(vector):
    """None if the vector behaves as it says, else what is wrong."""
    check = KINDS.get(vector.get("what"))
    if check is None:
        return f"a vector of {vector.get('what')!r} is not known"
    try:
        check(vector)
    except FormatError as error:
        if vector["valid"]:
            return f"refused: {error}"
        code, want = getattr(error, "code", None), vector.get("code")
        return None if want in (None, code) else f"refused with {code}, not {want}"
    return None if vector["valid"] else "accepted although it is damaged"


def check_folder(folder):
    """(files that behave, failures) over all JSON files below the folder."""
    good, failures = 0, []
    for path in sorted(pathlib.Path(folder).rglob("*.json")):
        with open(path, encoding="utf-8") as file:
            wrong = check_vector(json.load(file))
        if wrong is None:
            good += 1
        else:
            failures.append(f"{path}: {wrong}")
    return good, failures
