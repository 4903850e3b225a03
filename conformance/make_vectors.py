#!/usr/bin/env python3
"""Writes the vectors that Python makes: activation, policy, receipt, audit_head and exchange.

    make_vectors.py            what differs from the files is named; exit code 1 if anything does
    make_vectors.py --write    the files are written again
"""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import audit  # noqa: E402
import documents  # noqa: E402
import exchange_sample as x  # noqa: E402
import federation_sample as f  # noqa: E402
import receipt  # noqa: E402
from frames import write_frame  # noqa: E402
from ledger import SUITES  # noqa: E402
from messages import HEADER  # noqa: E402
from wire import encode  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parent / "vectors"
XX, YY = "spiffe://federation.example/xx", "spiffe://federation.example/yy"
SERVICE = "dpv:PublicService"


def plain(value):
    """Bytes as hex, documents and all."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


class Maker:
    def __init__(self):
        self.files = {}

    def add(self, folder, what, damage="", name="", code=None, **keys):
        value = {"what": what, "suite": 1, "valid": not damage, "damage": damage}
        if code:
            value["code"] = code
        value.update(plain(keys))
        path = f"{folder}/{what}-{damage or 'valid-' + name}.json"
        assert path not in self.files, path
        lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()]
        self.files[path] = "{\n" + ",\n".join(lines) + "\n}\n"


def activations(maker):
    first, second = f.registry(), f.registry(2)
    stamp = f.timestamp(first)
    pair = f.timestamp(second, 2, registry_version=2)
    start = [(first, "active"), (stamp, "active")]

    def add(steps, damage="", name="", now_us=f.NOW_US, **active):
        maker.add("activation", "activation", damage, name, steps[-1][1] if damage else None,
                  root=f.root(), steps=[
                      {"now_us": now_us if step is steps[-1] else f.NOW_US, "document": step[0],
                       "result": step[1]} for step in steps],
                  active={"root": 1, "registry": 1, "timestamp": 1, **active})

    add(start, name="start")
    add(start + [(second, "waiting")], name="registry-waits")
    add(start + [(pair, "waiting")], name="timestamp-waits")
    add(start + [(second, "waiting"), (pair, "active")], name="registry-then-timestamp",
        registry=2, timestamp=2)
    add(start + [(pair, "waiting"), (second, "active")], name="timestamp-then-registry",
        registry=2, timestamp=2)
    add(start + [(stamp, "same")], name="the-same-again")
    later = f.root(2, expires_at="2026-01-01T05:00:00Z")
    add(start + [(later, "active"), (f.root(3), "active")], name="expired-root-as-a-step", root=3)
    keys = f.role((30, 31), 2)
    rotated, new = f.root(2, registry=keys), f.registry(1, (30, 31), issued_at=f.NOW)
    far = f.registry(1000000)
    hostile = [(far, "waiting"),
               (f.timestamp(far, 1000000, registry_version=1000000), "active")]
    add(start + hostile + [(rotated, "active")], name="rotation-drops", root=2, registry=0,
        timestamp=1000000)  # that one's keys are the same, so it stays; it names nothing held
    add(start + hostile + [
        (rotated, "active"), (f.timestamp(new, 2, root_version=2), "waiting"), (new, "active")],
        name="rotation-undoes-a-fast-forward", root=2, timestamp=2)
    own = f.role((21, 22), 2)
    add(start + [(f.root(2, (1, 2, 21, 22), root=own), "active")], name="root-keys-change", root=2)
    both = start + [(second, "waiting"), (pair, "active")]
    for damage, steps, code in (
            ("registry-rollback", both + [(first, "")], "DOCUMENT_ROLLBACK"),
            ("registry-forked", both + [(f.registry(2, members=[]), "")], "DOCUMENT_FORKED"),
            ("registry-fast-forward-not-undone", start + hostile + [(second, "")],
             "DOCUMENT_ROLLBACK"),
            ("timestamp-rollback", both + [(stamp, "")], "DOCUMENT_ROLLBACK"),
            ("timestamp-forked", start + [(f.timestamp(first, expires_at="2026-01-01T11:00:00Z"),
                                           "")], "DOCUMENT_FORKED"),
            ("timestamp-names-a-lower-registry", both + [(f.timestamp(first, 3), "")],
             "DOCUMENT_ROLLBACK"),
            ("timestamp-names-another-registry",
             both + [(f.timestamp(first, 3, registry_version=2), "")], "DOCUMENT_FORKED"),
            ("timestamp-names-a-lower-root", start + [(f.root(2), "active"),
                                                      (f.timestamp(first, 2), "")],
             "DOCUMENT_ROLLBACK"),
            ("root-skipped", start + [(f.root(3), "")], "DOCUMENT_ROLLBACK"),
            ("root-forked", start + [(f.root(expires_at=f.NOON), "")], "DOCUMENT_FORKED"),
            ("root-not-signed-by-the-old-keys",
             start + [(f.root(2, (21, 22), root=own), "")], "THRESHOLD_MISSED"),
            ("root-not-signed-by-its-own-keys",
             start + [(f.root(2, (1, 2), root=own), "")], "THRESHOLD_MISSED"),
            ("registry-by-rotated-keys", start + [(rotated, "active"), (f.registry(3), "")],
             "THRESHOLD_MISSED"),
            ("registry-by-one-key", start + [(f.registry(2, (4,)), "")], "THRESHOLD_MISSED"),
            ("registry-by-the-keys-of-the-root", start + [(f.registry(2, (1, 2)), "")],
             "THRESHOLD_MISSED"),
            ("registry-of-another-federation", start + [(f.sign(documents.REGISTRY, {
                **f.registry_body(2), "federation": "other.example", "members": []}, (4, 5)), "")],
             "DOCUMENT_MISMATCH"),
            ("registry-expired", start + [(f.registry(2, expires_at=f.NOW), "")],
             "DOCUMENT_EXPIRED"),
            ("registry-not-yet-issued",
             start + [(f.registry(2, issued_at="2026-01-01T06:05:01Z"), "")], "DOCUMENT_EXPIRED")):
        add(steps[:-1] + [(steps[-1][0], code)], damage)


HEADS = {"registry": encode(documents.REGISTRY_BODY, f.registry_body()), "purposes": f.PURPOSES,
         "legal_bases": f.LEGAL_BASES}


def policies(maker):
    def add(damage, rules=(), given=(), code=None, **change):
        signed = change.pop("policy", None) or f.policy(rules, given, **change)
        maker.add("policy", "policy", damage, "rules-and-a-grant", code, **HEADS, policy=signed,
                  grants=[g for _, g in given])

    add("", [f.rule("a"), f.withhold("b", 3)], [("g-1", f.grant())])
    rules = [f.rule("a")]
    wrong = f.policy(rules)
    wrong["signatures"][0]["signature"] = f.flip(wrong["signatures"][0]["signature"])
    add("signature-bit", policy=wrong, code="SIGNATURE_INVALID")
    add("signed-by-another-member", rules, signers=(13,), code="THRESHOLD_MISSED")
    add("grant-by-another-member", rules, [("g-1", f.grant(signers=(13,)))],
        code="THRESHOLD_MISSED")
    maker.add("policy", "policy", "grant-not-named", code="DOCUMENT_MISMATCH", **HEADS,
              policy=f.policy(rules), grants=[f.grant()])
    maker.add("policy", "policy", "grant-of-another-digest", code="DOCUMENT_MISMATCH", **HEADS,
              policy=f.policy(rules, [("g-1", f.grant())]), grants=[f.grant(reference="other")])
    add("where", [f.rule("a", where="state = 1")], code="POLICY_UNSUITED")
    for damage, change in (
            ("rule-allows-public", {"layer": 1}), ("rule-allows-limited", {"layer": 3}),
            ("rule-without-purpose", {"purposes": []}),
            ("rule-without-legal-basis", {"legal_basis": ""}),
            ("rule-without-items", {"items": []}), ("rule-star-and-item", {"items": ["*", "a"]}),
            ("rule-items-out-of-order", {"items": ["b", "a"]}),
            ("rule-without-recipients", {"recipients": {}}),
            ("rule-any-member-and-more",
             {"recipients": {"any_member": True, "regions": ["31"]}}),
            ("rule-purpose-unknown", {"purposes": ["unknown"]}),
            ("rule-never-in-force", {"from": f.EXPIRES, "until": f.ISSUED}),
            ("rule-without-effect", {"effect": 0}), ("rule-id-with-capital", {"id": "A"})):
        add(damage, [f.rule("a", **change)])
    add("rules-out-of-order", [f.rule("b"), f.rule("a")])
    add("version-zero", rules, version=0)
    add("longer-than-three-years", rules, expires_at="2029-01-04T00:00:00Z")
    add("purpose-narrows-a-later-one", rules,
        purposes=[{"code": "a", "broader": "b"}, {"code": "b"}])
    for damage, change in (
            ("grant-without-recipients", {"recipients": []}), ("grant-for-all-items",
                                                               {"items": ["*"]}),
            ("grant-without-until", {"until": ""}), ("grant-without-mode", {"mode": 0}),
            ("grant-without-legal-basis", {"legal_basis": ""}),
            ("grant-recipients-out-of-order", {"recipients": [f.OTHER, f.NATION]})):
        add(damage, rules, [("g-1", f.grant(**change))])


def _bits(layers):
    return sum(1 << layer - 1 for layer in layers)


def decisions(maker):
    """Answers written down by hand: (change of the question, layers, onward)."""
    def add(name, rules, given, asked):
        questions = []
        for change, layers, *onward in asked:
            questions.append({
                "member": f.PROVINCE, "purpose": SERVICE, "item": "test.penalty", "class": 1,
                "now_us": f.NOW_US, **change, "layers": _bits(layers),
                "onward": _bits(onward[0] if onward else layers)})
        maker.add("policy", "decision", name=name, **HEADS, questions=questions,
                  policy=None if rules is None else f.policy(rules, given),
                  grants=[g for _, g in given])

    expired = {"now_us": documents.moment_us(f.EXPIRES)}
    given = [("g-1", f.grant())]
    add("no-policy", None, [], [({}, [1]), ({"class": 2}, []), ({"class": 3}, []),
                                ({"member": ""}, [1])])
    add("empty-policy", [], [], [({}, [1]), ({"class": 2}, [])])
    add("government", [f.rule("a", items=["test.penalty"])], [], [
        ({}, [1, 2]), ({"class": 2}, [1, 2]), ({"class": 3}, []),
        ({"purpose": "dpv:Audit"}, [1, 2]), ({"purpose": "dpv:Marketing"}, [1]),
        ({"purpose": ""}, [1]), ({"purpose": "unknown"}, [1]), ({"member": ""}, [1]),
        ({"item": "test.permit"}, [1]), ({"item": "test.permit", "class": 2}, []), (expired, [1])])
    add("recipients", [f.rule("a", recipients={"levels": [3], "regions": ["31"],
                                               "within": f.NATION})], [], [
        ({}, [1, 2]), ({"member": f.OTHER}, [1]), ({"member": f.CITY}, [1]),
        ({"member": f.NATION}, [1])])
    add("limited", [], given, [
        ({}, [1, 3]), ({"class": 3}, [1, 3]), ({"class": 2}, []), ({"member": f.OTHER}, [1]),
        ({"item": "test.permit"}, [1]), ({"purpose": "dpv:Audit"}, [1, 3]),
        ({"purpose": "dpv:Marketing"}, [1]), (expired, [1])])
    add("look-up", [], [("g-1", f.grant(mode=2))], [({}, [1]), ({"class": 3}, [])])
    add("from-and-until", [f.rule("a", **{"from": f.NOW, "until": f.NOON})], [], [
        ({}, [1, 2]), ({"now_us": f.NOW_US - 1}, [1]),
        ({"now_us": documents.moment_us(f.NOON)}, [1]),
        ({"now_us": documents.moment_us(f.NOON) - 1}, [1, 2])])
    add("withhold", [f.rule("a"), f.withhold("b", 2, recipients={"members": [f.PROVINCE]}),
                     f.withhold("c", 3, purposes=[SERVICE])], given, [
        ({}, [1]), ({"purpose": "dpv:Audit"}, [1]), ({"member": f.OTHER}, [1, 2]),
        ({"class": 2}, [])])
    add("withhold-public", [f.rule("a"), f.withhold("b", 1)], given, [
        ({}, []), ({"class": 2}, [2, 3]), ({"class": 3}, [2, 3]), ({"member": ""}, []),
        (expired, [])])
    add("no-onward", [f.rule("a", obligations=["NO_ONWARD"]), f.rule("b")], given, [
        ({}, [1, 2, 3], [1, 3]), ({"class": 2}, [1, 2, 3], [])])


def terms(maker):
    today = f.NOW_US // (86400 * 1000000)
    for name, fields, left in (
            ("no-dates", {}, 7), ("share-until-today", {"share_until": today}, 7),
            ("share-until-over", {"share_until": today - 1}, 0),
            ("publish-until-today", {"publish_until": today}, 7),
            ("publish-until-over", {"publish_until": today - 1}, 6),
            ("valid-until-over", {"valid_until": today - 1}, 7), ("repaired", {"state": 4}, 6),
            ("withdrawn", {"state": 6}, 6), ("annulled", {"state": 7}, 6),
            ("expired", {"state": 5}, 7)):
        header = encode(HEADER, {"record_id": b"r" * 16, "version": 1, "kind": 1, "polarity": 1,
                                 "state": 1, "recorded_at_us": f.NOW_US, **fields})
        maker.add("policy", "terms", name=name, header=header, layers=7, today=today, left=left)


def signed_bodies(maker):
    key = f.key(7)
    stream, root = bytes(range(2, 34)), bytes(range(0x82, 0xA2))
    item = {"stream_id": stream, "size": 2001, "root": root, "next_seqs": [2002, 2002, 0]}
    body = {"suite": 1, "subscriber": YY, "publisher": XX, "number": 5,
            "time_us": 1767225600000000, "key_id": key.key_id, "registry_version": 3,
            "policy_version": 7}

    def add_receipt(damage="", name="", items=(item,), data=None, signature=None, **change):
        made = {**body, "items_digest": receipt.items_digest(SUITES[1], items), **change}
        data = receipt.encode_body(made) if data is None else data(receipt.encode_body(made))
        maker.add("receipt", "receipt", damage, name, public_key=key.spki, body=data,
                  items=[encode(receipt.ITEM, i) for i in items],
                  signature=signature or key.sign(data), **({} if damage else made))

    add_receipt(name="one-item")
    add_receipt(name="no-item", items=())
    add_receipt(name="two-items", items=({**item, "stream_id": bytes(32)}, item))
    add_receipt("items-out-of-order", items=(item, {**item, "stream_id": bytes(32)}))
    add_receipt("item-twice", items=(item, item))
    add_receipt("root-short", items=({**item, "root": root[1:]},))
    add_receipt("two-positions", items=({**item, "next_seqs": [1, 1]},))
    add_receipt("items-digest-other", items_digest=bytes(32))
    add_receipt("number-zero", number=0)
    add_receipt("key-id-other", key_id=bytes(32))
    add_receipt("suite-other", suite=2)
    add_receipt("signature-bit", signature=f.flip(key.sign(receipt.encode_body(
        {**body, "items_digest": receipt.items_digest(SUITES[1], (item,))}))))
    add_receipt("tag-of-a-countersignature", data=lambda d: b"TBW1" + d[4:])
    add_receipt("byte-added", data=lambda d: d + b"\0")
    add_receipt("cut-by-one", data=lambda d: d[:-1])
    add_receipt("subscriber-not-utf8", data=lambda d: d.replace(b"/yy", b"/\xff\xfe"))

    seen = {"suite": 1, "witness": YY, "node": XX, "stream_id": stream, "epoch": 1, "tick": 42,
            "size": 2001, "root": root, "from_size": 1990, "time_us": 1767225600000000,
            "key_id": key.key_id}

    def add_statement(damage="", name="", data=None, signature=None, **change):
        made = {**seen, **change}
        encoded = audit.encode_countersignature(made)
        encoded = data(encoded) if data else encoded
        maker.add("audit_head", "countersignature", damage, name, public_key=key.spki,
                  body=encoded, signature=signature or key.sign(encoded),
                  **({} if damage else made))

    add_statement(name="hashes-of-32-bytes")
    add_statement(name="hashes-of-48-bytes", stream_id=bytes(48), root=b"r" * 48)
    add_statement(name="the-first", from_size=0)
    for damage, change in (("epoch-zero", {"epoch": 0}), ("tick-zero", {"tick": 0}),
                           ("size-zero", {"size": 0, "from_size": 0}),
                           ("from-size-above-size", {"from_size": 2002}),
                           ("witness-empty", {"witness": ""}),
                           ("node-too-long", {"node": "n" * 256}),
                           ("key-id-other", {"key_id": bytes(32)}), ("suite-other", {"suite": 2}),
                           ("root-longer-than-the-stream-id", {"root": root + bytes(16)})):
        add_statement(damage, **change)
    good = audit.encode_countersignature(seen)
    add_statement("signature-bit", signature=f.flip(key.sign(good)))
    add_statement("body-changed", signature=key.sign(good), tick=43)
    for damage, data in (("tag-of-a-receipt", lambda d: b"TBR1" + d[4:]),
                         ("cut-by-one", lambda d: d[:-1]), ("byte-added", lambda d: d + b"\0"),
                         ("suite-reserved", lambda d: d[:4] + b"\x04" + d[5:]),
                         ("node-not-utf8", lambda d: d.replace(b"/xx", b"/\xff\xfe"))):
        add_statement(damage, data=data)


def exchange_frames(maker):
    credit = write_frame("CREDIT", {"bytes": 300}, 1)

    def heading(size=0, kind=3, flags=0, rest=0, number=1):
        return (size.to_bytes(4, "big") + bytes([kind, flags]) + rest.to_bytes(2, "big")
                + number.to_bytes(4, "big"))

    maker.add("exchange", "frame", name="two", bytes=credit + write_frame("BYE", {}, 2), frames=[
        {"type": "CREDIT", "payload": b"\x08\xac\x02"}, {"type": "BYE", "payload": b""}])
    maker.add("exchange", "frame", name="not-canonical", bytes=heading(3) + b"\x08\x80\x00",
              frames=[{"type": "CREDIT", "payload": b"\x08\x80\x00"}])
    for damage, code, data in (
            ("type-zero", "FRAME_UNKNOWN", heading(kind=0)),
            ("type-18", "FRAME_UNKNOWN", heading(kind=18)),
            ("number-zero", "FRAME_ORDER", heading(number=0)),
            ("number-two-first", "FRAME_ORDER", heading(number=2)),
            ("number-again", "FRAME_ORDER", credit + credit),
            ("flag-reserved", "FRAME_INVALID", heading(flags=2)),
            ("bytes-reserved", "FRAME_INVALID", heading(rest=1)),
            ("too-large-small", "FRAME_TOO_LARGE", heading(16385)),
            ("too-large-data", "FRAME_TOO_LARGE", heading((4 << 20) + 1, 11)),
            ("too-large-control", "FRAME_TOO_LARGE", heading((2 << 20) + 1, 6)),
            ("unknown-field", "FRAME_INVALID", heading(2) + b"\x10\x01"),
            ("wire-type-other", "FRAME_INVALID", heading(2) + b"\x0a\x00"),
            ("payload-cut", "FRAME_INVALID", heading(1) + b"\x08")):
        maker.add("exchange", "frame", damage, code=code, bytes=data)


def exchange_pages(maker):
    stream = x.story()

    def add(damage="", name="", code="FRAME_INVALID", data=None, **change):
        data = data or x.payload("ENTRIES", {**stream.page(1, 6, erased=(5,)), **change})
        maker.add("exchange", "entries", damage, name, code if damage else None, payload=data,
                  **({} if damage else {"leaves": stream.leaves}))

    good = stream.page(1, 6, erased=(5,))
    forms = good["forms"]
    add(name="two-layers")
    add(name="stubs", data=x.payload("ENTRIES", stream.page(1, 6, ())))
    add(name="whole", data=x.payload("ENTRIES", stream.page(1, 6, (1, 2, 3))))
    for damage, change in (
            ("no-entries", {"forms": b""}), ("first-seq-zero", {"first_seq": 0}),
            ("stream-id-short", {"stream_id": stream.stream_id[1:]}),
            ("form-bit-2", {"forms": b"\x35" + forms[1:]}),
            ("form-bit-3", {"forms": b"\x39" + forms[1:]}),
            ("form-without-type", {"forms": b"\x30" + forms[1:]}),
            ("form-erased-and-more", {"forms": b"\xb1" + forms[1:]}),
            ("layer-of-a-retract", {"forms": forms[:3] + b"\x12" + forms[4:]}),
            ("header-missing", {"headers": good["headers"][:-1]}),
            ("header-added", {"headers": good["headers"] + [b"x"]}),
            ("content-missing", {"contents": good["contents"][:-1]}),
            ("content-added", {"contents": good["contents"] + [b""]}),
            ("salt-short", {"salts": good["salts"][:-1]}),
            ("salt-byte-added", {"salts": good["salts"] + b"\0"}),
            ("hash-short", {"hashes": good["hashes"][:-1]}),
            ("hash-byte-added", {"hashes": good["hashes"] + b"\0"})):
        add(damage, **change)
    add("field-out-of-order", data=x.payload("ENTRIES", good) + b"\x10\x01")
    add("header-not-canonical", code="NOT_CANONICAL",
        headers=[good["headers"][0] + b"\x60\x00"] + good["headers"][1:])
    add("tombstone-names-itself", code="NOT_CANONICAL",
        headers=good["headers"][:-1] + [x.tombstone(6)[1]])


def exchange_proofs(maker):
    stream = x.story()

    def add(damage="", name="", first=3, last=5, held=None, size=6, **change):
        page = {**stream.page(first, last, size=size), **change}
        maker.add("exchange", "page", damage, name, "PROOF_INVALID" if damage else None,
                  held=stream.leaves[:first - 1] if held is None else held, size=size,
                  root=stream.root(size), payload=x.payload("ENTRIES", page))

    add(name="in-the-middle")
    add(name="to-the-head", last=6)
    add(name="from-the-first", first=1, last=1)
    path, page = stream.page(3, 5)["path"], stream.page(3, 5)
    for damage, change in (("path-bit", {"path": [f.flip(path[0])] + path[1:]}),
                           ("path-hash-missing", {"path": path[:-1]}),
                           ("path-hash-added", {"path": path + [bytes(32)]}),
                           ("path-empty", {"path": []}),
                           ("entry-missing", {"last": 4, "path": path}),
                           ("salt-bit", {"salts": f.flip(page["salts"])}),
                           ("content-of-another", {"contents": page["contents"][::-1]}),
                           ("held-of-another", {"held": stream.leaves[1::-1]}),
                           ("beyond-the-head", {"size": 4})):
        add(damage, **change)

    def layers(damage="", name="", **change):
        message = {**stream.layers(3, 1, 4, (1, 2)), **change}
        keys = {} if damage else {"entries": [
            [seq, message["salts"][16 * i:16 * i + 16], message["contents"][i]]
            for i, seq in enumerate(message["seqs"])]}
        maker.add("exchange", "layers", damage, name, "FRAME_INVALID" if damage else None,
                  payload=x.payload("LAYERS", message), **keys)

    good = stream.layers(3, 1, 4, (1, 2))
    layers(name="two-of-four")
    layers(name="none", seqs=[], contents=[], salts=b"")
    for damage, change in (("layer-local", {"layer": 4}), ("first-seq-zero", {"first_seq": 0}),
                           ("last-before-first", {"first_seq": 5}),
                           ("seq-outside", {"last_seq": 1}),
                           ("seqs-out-of-order", {"seqs": [2, 1]}),
                           ("seq-twice", {"seqs": [1, 1]}),
                           ("content-missing", {"contents": good["contents"][:1]}),
                           ("salt-short", {"salts": good["salts"][1:]})):
        layers(damage, **change)


def make():
    """{path below vectors/: text}."""
    maker = Maker()
    for part in (activations, policies, decisions, terms, signed_bodies, exchange_frames,
                 exchange_pages, exchange_proofs):
        part(maker)
    return maker.files


def main():
    wrong = 0
    for path, text in sorted(make().items()):
        file = FOLDER / path
        if "--write" in sys.argv[1:]:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            wrong += 1
            print(f"{path} differs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
