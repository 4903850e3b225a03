"""Root, registry and timestamp: each rule and each attack has one damage here."""

import base64
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import documents  # noqa: E402
import federation_sample as f  # noqa: E402
import registry  # noqa: E402
from wire import Refused, decode, encode  # noqa: E402

DAY_US = 86400 * 1000000


class Case(unittest.TestCase):
    def refused(self, code, make, *args):
        with self.assertRaises(Refused) as caught:
            make(*args)
        self.assertEqual(caught.exception.code, code, caught.exception)


class DocumentTest(Case):
    def test_the_signed_bytes_of_the_page(self):
        key = f.key(7)  # of docs/formats/checkpoint.md's example
        body = encode(documents.TIMESTAMP_BODY, {
            **f.head(7, expires=f.NOON), "registry_version": 3, "root_version": 1,
            "registry_digest": bytes(range(32))})
        signed = documents.signed_bytes(documents.TIMESTAMP, 1, key.key_id, body)
        self.assertEqual(len(body), 0x68)
        page = (pathlib.Path(__file__).resolve().parent.parent
                / "docs/formats/timestamp.md").read_text(encoding="utf-8")
        page = page.replace("\n", "").replace(" ", "")
        for data in (body, signed, key.sign(signed)):
            self.assertIn(data.hex(), page)

    def test_moments(self):
        self.assertEqual(documents.moment_us("1970-01-02T00:00:01Z"), DAY_US + 1000000)
        self.assertEqual(documents.moment_us("2024-02-29T23:59:59Z"), 1709251199000000)
        for text in ("", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00",
                     "2026-01-01T00:00:00z", "2026-01-01T00:00:00.0Z", "2026-02-29T00:00:00Z",
                     "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
                     "2026-12-31T23:59:60Z", "2026-01-01T00:00:00+00:00", "0226-1-01T00:00:00Z",
                     "2026-01-01T00:00:00Z\n", "٢026-01-01T00:00:00Z"):
            self.refused("INVALID_ARGUMENT", documents.moment_us, text)

    def test_thresholds(self):
        role = f.role(f.ROOT_KEYS, 2)

        def check(document):
            documents.check_document(document)
            documents.check_threshold(document, role["keys"], role["threshold"])

        good = f.root()
        check(good)
        check(f.root(signers=(1, 2, 3)))
        check(f.root(signers=(1, 2, 9)))  # a key that is not the role's is passed over
        self.refused("THRESHOLD_MISSED", check, f.root(signers=(1,)))
        self.refused("THRESHOLD_MISSED", check, f.root(signers=(1, 9)))
        self.refused("THRESHOLD_MISSED", check, f.changed(good, signatures=[]))
        first, second = good["signatures"]
        twice = f.changed(good, signatures=[first, first])
        self.refused("INVALID_ARGUMENT", check, twice)
        self.refused("INVALID_ARGUMENT", check, f.changed(good, signatures=[second, first]))
        wrong = {**first, "signature": f.flip(first["signature"])}
        self.refused("SIGNATURE_INVALID", check, f.changed(good, signatures=[wrong, second]))
        three = f.root(signers=(1, 2, 3))  # enough good ones do not make up for a wrong one
        three["signatures"][2]["signature"] = f.flip(three["signatures"][2]["signature"])
        self.refused("SIGNATURE_INVALID", check, three)
        self.refused("SIGNATURE_INVALID", check,
                     f.changed(good, signatures=[{**first, "suite": 2}, second]))
        self.refused("SIGNATURE_INVALID", check, f.changed(good, body=f.root(2)["body"]))
        self.refused("SIGNATURE_INVALID", check,
                     f.changed(good, signatures=[{**first, "signature": b""}, second]))

    def test_a_signature_of_another_kind_is_none(self):
        body = f.policy()["body"]
        as_grant = f.sign(documents.GRANT, body, (12,))
        self.refused("SIGNATURE_INVALID", documents.check_threshold,
                     f.changed(as_grant, kind=documents.POLICY), [f.key(12).public], 1)

    def test_form(self):
        good = f.root()
        check = documents.check_document
        self.refused("NOT_CANONICAL", check, f.changed(good, body=good["body"] + b"\x48\x01"))
        self.refused("NOT_CANONICAL", check, f.changed(good, body=good["body"][:-1]))
        self.refused("INVALID_ARGUMENT", check, f.changed(good, kind=0))
        self.refused("LIMIT_EXCEEDED", check, f.changed(good, body=bytes((1 << 20) + 1)))
        many = [{"key_id": bytes([i]) * 32, "suite": 1} for i in range(33)]
        self.refused("LIMIT_EXCEEDED", check, f.changed(good, signatures=many))

    def test_files(self):
        good = f.root()
        text = {"kind": "ROOT", "body": base64.b64encode(good["body"]).decode(), "signatures": [
            {"keyId": base64.b64encode(s["key_id"]).decode(), "suite": 1,
             "signature": base64.b64encode(s["signature"]).decode()} for s in good["signatures"]]}
        self.assertEqual(documents.from_file(json.dumps(text)), good)
        for damage in ("", "[]", "{}", json.dumps({**text, "kind": "OTHER"}),
                       json.dumps({**text, "more": 1}), json.dumps({**text, "body": "*"}),
                       json.dumps({**text, "signatures": [{"suite": 1}]})):
            self.refused("INVALID_ARGUMENT", documents.from_file, damage)


class RulesTest(Case):
    def test_root(self):
        registry.check_root(f.root_body())
        keys = f.role(f.ROOT_KEYS, 2)["keys"]
        for change in (
                {"federation": ""}, {"federation": "Federation.example"}, {"federation": "a" * 256},
                {"version": 0}, {"issued_at": f.EXPIRES}, {"expires_at": "never"},
                {"root": {}}, {"root": {"keys": keys, "threshold": 0}},
                {"root": {"keys": keys, "threshold": 4}},
                {"registry": {"keys": keys[::-1], "threshold": 1}},
                {"timestamp": {"keys": [keys[0], keys[0]], "threshold": 2}},
                {"registry": {"keys": [{**keys[0], "suite": "SM"}], "threshold": 1}},
                {"registry": {"keys": [{**keys[0], "suite": "SHA256_ECDSA_P256"}],
                              "threshold": 1}},
                {"registry": {"keys": [{**keys[0], "spki": keys[0]["spki"] + b"\0"}],
                              "threshold": 1}},
                {"certificate_authorities": []},
                {"certificate_authorities": [f.AUTHORITY, f.AUTHORITY]},
                {"certificate_authorities": [f.AUTHORITY[:-1]]},
                {"certificate_authorities": [f.AUTHORITY.replace(b"\x01\x01\xff\x02",
                                                                 b"\x01\x01\x00\x02", 1)]}):
            self.refused("INVALID_ARGUMENT", registry.check_root, f.root_body(**change))

    def test_member(self):
        registry.check_registry(f.registry_body())
        tls = [bytes([i]) * 32 for i in range(5)]
        signing = f.key(20).public
        for change in (
                {"id": "spiffe://other.example/n/p2"}, {"id": f"spiffe://{f.FEDERATION}"},
                {"id": f"spiffe://{f.FEDERATION}/"}, {"id": f.OTHER + "/"}, {"id": f.OTHER + "/.."},
                {"id": f.OTHER + "/ä"}, {"id": f.OTHER + "/a" * 7}, {"id": f.OTHER + "a" * 255},
                {"level": 0}, {"level": 2, "parent": f.CITY}, {"level": 4}, {"parent": "nobody"},
                {"state": 0}, {"tls_keys": []}, {"tls_keys": tls}, {"tls_keys": tls[1::-1]},
                {"tls_keys": [b"short"]}, {"signing_keys": []}, {"signing_keys": [signing] * 2},
                {"signing_keys": [f.key(12).public]}, {"epoch_min": 0},
                {"tls_keys": f.registry_body()["members"][0]["tls_keys"]},
                {"relays": [f.CITY, f.PROVINCE]}, {"relays": ["nobody"]},
                {"endpoints": [{"host": "", "port": 1}]}, {"endpoints": [{"host": "a"}]},
                {"endpoints": [{"host": "a", "port": 65536}]},
                {"endpoints": [{"host": "a", "port": 1}] * 5}):
            body = f.registry_body()
            body["members"][3].update(change)
            body = decode(documents.REGISTRY_BODY, encode(documents.REGISTRY_BODY, body))
            self.refused("INVALID_ARGUMENT", registry.check_registry, body)

    def test_members(self):
        body = f.registry_body()
        for members in (body["members"][::-1], [body["members"][0]] * 2):
            self.refused("INVALID_ARGUMENT", registry.check_registry, {**body, "members": members})

    def test_timestamp(self):
        of = f.registry()
        registry.check_timestamp(f.timestamp_body(of))
        state = {"issuer_key_id": bytes(32), "number": 1, "digest": bytes(32)}
        for change in ({"expires_at": "2026-01-08T00:00:01Z"}, {"registry_version": 0},
                       {"root_version": 0}, {"registry_digest": bytes(31)},
                       {"crls": [state, state]}, {"crls": [{**state, "digest": b""}]},
                       {"crls": [{**state, "issuer_key_id": b""}]}):
            self.refused("INVALID_ARGUMENT", registry.check_timestamp,
                         f.timestamp_body(of, **change))

    def test_who_may_carry(self):
        body = f.registry_body()

        def may(carrier, origin):
            return registry.may_carry(body, carrier, origin)

        for carrier in (f.CITY, f.PROVINCE, f.NATION):
            self.assertTrue(may(carrier, f.CITY))
        for carrier, origin in ((f.OTHER, f.CITY), (f.CITY, f.PROVINCE), ("nobody", f.CITY),
                                (f.CITY, "nobody")):
            self.assertFalse(may(carrier, origin))
        body["members"][2]["relays"] = [f.OTHER]
        self.assertTrue(may(f.OTHER, f.CITY))
        body["members"][3]["state"] = registry.SUSPENDED
        self.assertFalse(may(f.OTHER, f.CITY))


class TrustTest(Case):
    def setUp(self):
        self.trust = registry.Trust(f.root(), f.NOW_US)

    def offer(self, document, now_us=f.NOW_US):
        return self.trust.offer(document, now_us)

    def start(self):
        self.first = f.registry()
        self.assertEqual(self.offer(self.first), "active")
        self.assertEqual(self.offer(f.timestamp(self.first)), "active")
        self.trust.check_fresh(f.NOW_US)

    def test_the_first_root(self):
        self.refused("THRESHOLD_MISSED", registry.Trust, f.root(signers=(1,)), f.NOW_US)

    def test_nobody_is_dealt_with_before_a_timestamp(self):
        self.assertEqual(self.offer(f.registry()), "active")
        self.refused("TIMESTAMP_STALE", self.trust.check_fresh, f.NOW_US)
        self.assertEqual(self.offer(f.registry(2)), "waiting")

    def test_together(self):
        self.start()
        second = f.registry(2)
        self.assertEqual(self.offer(second), "waiting")
        self.assertEqual(self.trust.registry["version"], 1)
        named = f.timestamp(second, 2, registry_version=2)
        self.assertEqual(self.offer(named), "active")
        self.assertEqual(self.trust.registry["version"], 2)
        self.assertEqual(self.offer(named), "same")
        self.assertEqual(self.offer(second), "same")

    def test_a_timestamp_waits_for_what_it_names(self):
        self.start()
        second = f.registry(2)
        self.assertEqual(self.offer(f.timestamp(second, 2, registry_version=2)), "waiting")
        self.trust.check_fresh(f.NOW_US)  # the old pair holds meanwhile
        self.assertEqual(self.offer(second), "active")
        self.assertEqual(self.trust.timestamp["version"], 2)
        state = {"issuer_key_id": bytes(32), "number": 5, "digest": b"d" * 32}
        third = f.timestamp(second, 3, registry_version=2, crls=[state])
        self.assertEqual(self.offer(third), "waiting")
        self.trust.offer_list(bytes(32), 4, b"c" * 32)
        self.assertEqual(self.trust.timestamp["version"], 2)
        self.trust.offer_list(bytes(32), 5, b"d" * 32)
        self.assertEqual(self.trust.timestamp["version"], 3)
        self.refused("DOCUMENT_ROLLBACK", self.trust.offer_list, bytes(32), 4, b"c" * 32)
        self.refused("DOCUMENT_FORKED", self.trust.offer_list, bytes(32), 5, b"e" * 32)
        later = f.timestamp(second, 4, registry_version=2, root_version=2)
        self.assertEqual(self.offer(later), "waiting")
        self.assertEqual(self.offer(f.root(2)), "active")
        self.assertEqual(self.trust.timestamp["version"], 4)

    def test_a_rogue_list_of_the_named_number(self):
        self.start()
        state = {"issuer_key_id": bytes(32), "number": 5, "digest": b"d" * 32}
        self.trust.offer_list(bytes(32), 5, b"e" * 32)
        self.assertEqual(self.offer(f.timestamp(self.first, 2, crls=[state])), "waiting")

    def test_rollback_and_fork(self):
        self.start()
        second = f.registry(2)
        self.offer(second)
        self.offer(f.timestamp(second, 2, registry_version=2))
        self.refused("DOCUMENT_ROLLBACK", self.offer, self.first)
        self.refused("DOCUMENT_ROLLBACK", self.offer, f.timestamp(self.first))
        self.refused("DOCUMENT_FORKED", self.offer, f.registry(2, members=[]))
        self.refused("DOCUMENT_FORKED", self.offer,
                     f.timestamp(second, 2, registry_version=2, issued_at="2026-01-01T00:00:01Z"))
        self.refused("DOCUMENT_ROLLBACK", self.offer, f.timestamp(self.first, 3))
        self.refused("DOCUMENT_FORKED", self.offer, f.timestamp(self.first, 3, registry_version=2))

    def test_a_timestamp_of_an_older_root(self):
        self.start()
        self.offer(f.root(2))
        self.refused("DOCUMENT_ROLLBACK", self.offer, f.timestamp(self.first, 2, root_version=1))

    def test_expiry(self):
        self.start()
        noon = documents.moment_us(f.NOON)
        self.trust.check_fresh(noon - 1)
        self.refused("TIMESTAMP_STALE", self.trust.check_fresh, noon)
        late = documents.moment_us(f.EXPIRES)
        self.refused("DOCUMENT_EXPIRED", self.offer, f.registry(2), late)
        self.refused("DOCUMENT_EXPIRED", self.trust.check_fresh, late)
        future = {"issued_at": "2026-01-01T06:05:01Z"}
        self.refused("DOCUMENT_EXPIRED", self.offer, f.registry(2, **future))
        self.refused("DOCUMENT_EXPIRED", self.offer, f.root(2, **future))
        self.assertEqual(self.offer(f.registry(2, issued_at="2026-01-01T06:05:00Z")), "waiting")

    def test_a_clock_set_back_revives_nothing(self):
        self.start()
        noon = documents.moment_us(f.NOON)
        self.offer(f.root(2), noon)
        self.refused("TIMESTAMP_STALE", self.trust.check_fresh, f.NOW_US)
        self.refused("DOCUMENT_EXPIRED", self.offer, f.timestamp(self.first, 2, root_version=2))

    def test_an_expired_root_is_a_step(self):
        self.start()
        old = {"issued_at": "2025-01-01T00:00:00Z", "expires_at": "2025-12-31T00:00:00Z"}
        self.assertEqual(self.offer(f.root(2, **old)), "active")
        self.refused("DOCUMENT_EXPIRED", self.trust.check_fresh, f.NOW_US)
        self.assertEqual(self.offer(f.root(3)), "active")
        self.trust.check_fresh(f.NOW_US)

    def test_roots(self):
        self.refused("DOCUMENT_ROLLBACK", self.offer, f.root(3))
        self.assertEqual(self.offer(f.root()), "same")
        self.refused("DOCUMENT_FORKED", self.offer,
                     f.root(issued_at="2026-01-01T00:00:01Z"))
        other = f.role((21, 22, 23), 2)
        self.refused("THRESHOLD_MISSED", self.offer, f.root(2, (21, 22), root=other))
        self.refused("THRESHOLD_MISSED", self.offer, f.root(2, (1, 2), root=other))
        self.assertEqual(self.offer(f.root(2, (1, 2, 21, 22), root=other)), "active")
        self.refused("THRESHOLD_MISSED", self.offer, f.root(3, (1, 2), root=other))

    def test_rotation_undoes_a_fast_forward(self):
        self.start()
        far = f.registry(1 << 60)
        self.offer(far)
        self.offer(f.timestamp(far, 1 << 60, registry_version=1 << 60))
        self.refused("DOCUMENT_ROLLBACK", self.offer, f.registry(2))
        keys = f.role((30, 31), 2)
        self.assertEqual(self.offer(f.root(2, registry=keys)), "active")
        self.assertIsNone(self.trust.registry)
        self.refused("THRESHOLD_MISSED", self.offer, f.registry(3))  # signed by the old keys
        new = f.registry(2, (30, 31))
        self.offer(new)
        self.offer(f.timestamp(new, 2, registry_version=2, root_version=2))
        self.trust.check_fresh(f.NOW_US)
        self.assertEqual(self.trust.registry["version"], 2)

    def test_rotation_of_the_timestamp_alone(self):
        self.start()
        self.offer(f.root(2, timestamp=f.role((9,), 1)))
        self.assertIsNone(self.trust.timestamp)
        self.assertEqual(self.trust.registry["version"], 1)
        self.refused("TIMESTAMP_STALE", self.trust.check_fresh, f.NOW_US)
        self.refused("THRESHOLD_MISSED", self.offer, f.timestamp(self.first, 2, root_version=2))
        self.assertEqual(self.offer(f.timestamp(self.first, 1, (9,), root_version=2)), "active")
        self.trust.check_fresh(f.NOW_US)

    def test_what_a_rotation_leaves_signed_stays(self):
        self.start()
        self.offer(f.root(2, registry=f.role((*f.REGISTRY_KEYS, 30), 2)))
        self.assertEqual(self.trust.registry["version"], 1)
        self.assertIsNotNone(self.trust.timestamp)

    def test_others(self):
        other = f.sign(documents.REGISTRY, {**f.registry_body(), "federation": "other.example",
                                            "members": []}, (4, 5))
        self.refused("DOCUMENT_MISMATCH", self.offer, other)
        self.refused("DOCUMENT_MISMATCH", self.offer, f.policy())
        self.refused("THRESHOLD_MISSED", self.offer, f.registry(signers=(4,)))
        self.refused("THRESHOLD_MISSED", self.offer, f.registry(signers=(1, 2)))  # another role

    def test_keys_of_a_member(self):
        member = f.registry_body()["members"][2]
        self.assertEqual(registry.signing_key(member, f.key(12).key_id), f.key(12).public)
        self.refused("SIGNATURE_INVALID", registry.signing_key, member, f.key(11).key_id)


if __name__ == "__main__":
    unittest.main()
