"""Checks the test vectors of documents, policies and the exchange; keys in vectors/README.md."""

import audit
import documents
import receipt
import registry
from frames import FrameReader, check_header, read_entries, read_layers, read_payload
from ledger import Tree, check_consistency, check_key, suite_of
from policy import Codes, Policy, Question, handed_on, layers_of, within_terms
from streams import bits
from wire import FormatError, Refused, decode


def _hex(values):
    return [bytes.fromhex(value) for value in values]


def _same(got, want, what):
    if got != want:
        raise FormatError(f"{what} is {got!r}, the vector says {want!r}")


def _mask(layers):
    return sum(1 << layer - 1 for layer in layers)


def _document(value):
    return {"kind": value["kind"], "body": bytes.fromhex(value["body"]), "signatures": [
        {"key_id": bytes.fromhex(s["key_id"]), "suite": s["suite"],
         "signature": bytes.fromhex(s["signature"])} for s in value["signatures"]]}


def document(vector):
    """One document under the keys of its role."""
    value = _document(vector)
    body = documents.check_document(value)
    if value["kind"] in registry.CHECKS:
        registry.CHECKS[value["kind"]](body)
    keys = [{"suite": k["suite"], "spki": bytes.fromhex(k["spki"])} for k in vector["keys"]]
    documents.check_threshold(value, keys, vector["threshold"])


def activation(vector):
    trust = registry.Trust(_document(vector["root"]), vector["steps"][0]["now_us"])
    for i, step in enumerate(vector["steps"]):
        last = i == len(vector["steps"]) - 1
        try:
            got = trust.offer(_document(step["document"]), step["now_us"])
        except Refused as error:
            if last:
                raise
            got = error.code
        _same(got, step["result"], f"the result of step {i + 1}")
    if vector["valid"]:
        _same({"root": trust.root["version"],
               "registry": trust.registry["version"] if trust.registry else 0,
               "timestamp": trust.timestamp["version"] if trust.timestamp else 0},
              vector["active"], "what is active")


def _policy(vector):
    members = decode(documents.REGISTRY_BODY, bytes.fromhex(vector["registry"]))
    if vector["policy"] is None:
        return None, members
    return Policy(_document(vector["policy"]), [_document(g) for g in vector["grants"]],
                  Codes(vector["purposes"], vector["legal_bases"]), members), members


def policy(vector):
    _policy(vector)


def decision(vector):
    rules, members = _policy(vector)
    for asked in vector["questions"]:
        question = Question(members, asked["member"], asked["purpose"], asked["item"],
                            asked["class"], asked["now_us"])
        _same(_mask(layers_of(rules, question)), asked["layers"], f"the answer to {asked}")
        _same(_mask(handed_on(rules, question)), asked["onward"], f"onward for {asked}")


def terms(vector):
    left = within_terms(bytes.fromhex(vector["header"]), bits(vector["layers"]), vector["today"])
    _same(_mask(left), vector["left"], "what is left")


def _decoded(vector, body):
    for name, value in body.items():
        _same(value.hex() if isinstance(value, bytes) else value, vector[name], name)


def _key(vector):
    spki = bytes.fromhex(vector["public_key"])
    suite = suite_of(vector["suite"])
    check_key(suite, spki)
    return {"suite": suite.name, "spki": spki}


def countersignature(vector):
    data, signature = _hex([vector["body"], vector["signature"]])
    body = audit.decode_countersignature(data)
    audit.check_signed_body(_key(vector), body, data, signature)
    if vector["valid"]:
        _decoded(vector, body)


def receipt_(vector):
    data, signature = _hex([vector["body"], vector["signature"]])
    items = [decode(receipt.ITEM, item) for item in _hex(vector["items"])]
    body = receipt.decode_body(data)
    member = {"id": body["subscriber"], "signing_keys": [_key(vector)]}
    receipt.check_receipt(member, {"body": data, "items": items, "signature": signature})
    if vector["valid"]:
        _decoded(vector, body)


def frame(vector):
    reader, out = FrameReader(), []
    reader.feed(bytes.fromhex(vector["bytes"]))
    while (found := reader.next()) is not None:
        read_payload(*found)
        out.append({"type": found[0], "payload": found[1].hex()})
    if vector["valid"]:
        _same(out, vector["frames"], "the frames")


def entries(vector):
    page = read_payload("ENTRIES", bytes.fromhex(vector["payload"]))
    found = read_entries(suite_of(vector["suite"]), page)
    for entry in found:
        if entry["type"]:
            check_header(entry)
    if vector["valid"]:
        _same([e["leaf"].hex() for e in found], vector["leaves"], "the leaves")


def page(vector):
    """A page on top of the leaves held, against a head."""
    suite = suite_of(vector["suite"])
    message = read_payload("ENTRIES", bytes.fromhex(vector["payload"]))
    tree = Tree(suite)
    for leaf in _hex(vector["held"]) + [e["leaf"] for e in read_entries(suite, message)]:
        tree.append(leaf)
    try:
        check_consistency(suite, tree.size, tree.root(), vector["size"],
                          bytes.fromhex(vector["root"]), message.get("path", []))
    except FormatError as error:
        raise Refused("PROOF_INVALID", str(error)) from error


def layers(vector):
    message = read_payload("LAYERS", bytes.fromhex(vector["payload"]))
    found = read_layers(suite_of(vector["suite"]), message)
    if vector["valid"]:
        _same([[seq, salt.hex(), content.hex()] for seq, salt, content in found],
              vector["entries"], "the entries")


KINDS = {f.__name__.rstrip("_"): f for f in (
    document, activation, policy, decision, terms, countersignature, receipt_, frame, entries,
    page, layers)}
