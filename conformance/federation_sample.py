"""A small federation for tests and vectors: keys from seeds, so that its bytes never change.

A nation, two provinces and a city. Ed25519 only: its signatures are deterministic.
"""

import copy
import functools
import hashlib
import os
import subprocess
import tempfile

from documents import (BODIES, GRANT, POLICY, REGISTRY, ROOT, TIMESTAMP, digest, key_id,
                       moment_us, signed_bytes)
from wire import encode

FEDERATION = "federation.example"
NATION, PROVINCE, CITY, OTHER = (f"spiffe://{FEDERATION}/{path}"
                                 for path in ("n", "n/p1", "n/p1/c1", "n/p2"))
NOW = "2026-01-01T06:00:00Z"
NOW_US = moment_us(NOW)
ISSUED, EXPIRES = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"
NOON = "2026-01-01T12:00:00Z"
PURPOSES = {"dpv:PublicService": "", "dpv:Audit": "dpv:PublicService", "dpv:Marketing": ""}
LEGAL_BASES = {"dpv-gdpr:A6-1-e": ""}
BASIS = "dpv-gdpr:A6-1-e"

# An authority's certificate (P-256, CA, path length 1, 2025-12-01 to 2035-11-29); its key is gone.
AUTHORITY = bytes.fromhex(
    "3082017f30820124a003020102020101300a06082a8648ce3d04030230253123302106035504030c1a526f6f74"
    "206f662066656465726174696f6e2e6578616d706c65301e170d3235313230313030303030305a170d33353131"
    "32393030303030305a30253123302106035504030c1a526f6f74206f662066656465726174696f6e2e6578616d"
    "706c653059301306072a8648ce3d020106082a8648ce3d03010703420004af7d6f6f9b8d8a3d4e3e5130f8e8c6"
    "165bf8615748e1c3c95c793df1b2ef389a60e45aa75dd7acc69a571bf4c21139ba9a6e14b8e5c42de2406ea912"
    "a7e9a341a345304330120603551d130101ff040830060101ff020101300e0603551d0f0101ff04040302010630"
    "1d0603551d0e0416041454c3d60ab2b32adc48f624329c1d1f02c4e8370f300a06082a8648ce3d040302034900"
    "3046022100e16337abeee5723860daa9315e3062cb8cb06c75eb5c0de916fe428d289d78360221008a8bd531b7"
    "4b75ffedad2a236a82aa61f08c4c3ea15e626e5dba07f6f0ef4609")


class Key:
    """The Ed25519 key of a seed of 32 equal bytes."""

    def __init__(self, number):
        self.der = bytes.fromhex("302e020100300506032b657004220420") + bytes([number]) * 32
        self.spki = subprocess.run(
            ["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=self.der,
            check=True, capture_output=True).stdout
        self.key_id = key_id(self.spki)
        self.public = {"suite": "SHA256_ED25519", "spki": self.spki}

    @functools.lru_cache(maxsize=None)
    def sign(self, data):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "data")]
            for path, content in zip(paths, (self.der, data)):
                with open(path, "wb") as out:
                    out.write(content)
            return subprocess.run(
                ["openssl", "pkeyutl", "-sign", "-inkey", paths[0], "-keyform", "DER", "-rawin",
                 "-in", paths[1]], check=True, capture_output=True).stdout


@functools.lru_cache(maxsize=None)
def key(number):
    return Key(number)


ROOT_KEYS, REGISTRY_KEYS, TIMESTAMP_KEYS = (1, 2, 3), (4, 5, 6), (8,)
MEMBER_KEYS = {NATION: 10, PROVINCE: 11, CITY: 12, OTHER: 13}


def role(numbers, threshold):
    keys = sorted((key(n) for n in numbers), key=lambda k: k.key_id)
    return {"keys": [k.public for k in keys], "threshold": threshold}


def sign(kind, body, numbers):
    """A SignedDocument; `body` as a dict, or as bytes to damage it."""
    data = body if isinstance(body, bytes) else encode(BODIES[kind], body)
    keys = sorted((key(n) for n in numbers), key=lambda k: k.key_id)
    return {"kind": kind, "body": data, "signatures": [
        {"key_id": k.key_id, "suite": 1, "signature": k.sign(signed_bytes(kind, 1, k.key_id,
                                                                          data))}
        for k in keys]}


def head(version, issued=ISSUED, expires=EXPIRES):
    return {"federation": FEDERATION, "version": version, "issued_at": issued,
            "expires_at": expires}


def root_body(version=1, **change):
    return {**head(version), "root": role(ROOT_KEYS, 2), "registry": role(REGISTRY_KEYS, 2),
            "timestamp": role(TIMESTAMP_KEYS, 1), "certificate_authorities": [AUTHORITY],
            **change}


def member(spiffe_id, level, parent="", **change):
    return {"id": spiffe_id, "title": spiffe_id[-2:], "level": level, "parent": parent,
            "region": "31" if spiffe_id in (PROVINCE, CITY) else "", "state": 1,
            "tls_keys": [hashlib.sha256(b"tls " + spiffe_id.encode()).digest()],
            "signing_keys": [key(MEMBER_KEYS[spiffe_id]).public], "relays": [], "endpoints": [],
            "epoch_min": 1, **change}


def registry_body(version=1, **change):
    return {**head(version), "members": [
        member(NATION, 4), member(PROVINCE, 3, NATION), member(CITY, 2, PROVINCE),
        member(OTHER, 3, NATION, endpoints=[{"host": "p2.example", "port": 8443}])], **change}


def timestamp_body(registry, version=1, **change):
    """`registry`: the SignedDocument that it names."""
    body = {**head(version, expires=NOON), "registry_digest": digest(registry), "crls": [],
            "registry_version": 1, "root_version": 1}
    return {**body, **change}


def root(version=1, signers=ROOT_KEYS[:2], **change):
    return sign(ROOT, root_body(version, **change), signers)


def registry(version=1, signers=REGISTRY_KEYS[:2], **change):
    return sign(REGISTRY, registry_body(version, **change), signers)


def timestamp(of, version=1, signers=TIMESTAMP_KEYS, **change):
    return sign(TIMESTAMP, timestamp_body(of, version, **change), signers)


def rule(name, **change):
    return {"id": name, "effect": 1, "recipients": {"any_member": True}, "items": ["*"],
            "layer": 2, "purposes": ["dpv:PublicService"], "legal_basis": BASIS, **change}


def withhold(name, layer, **change):
    return {"id": name, "effect": 2, "recipients": {"any_member": True}, "items": ["*"],
            "layer": layer, **change}


def grant_body(name="g-1", **change):
    return {"id": name, "origin": CITY, "version": 1, "recipients": [PROVINCE],
            "items": ["test.penalty"], "purposes": ["dpv:PublicService"], "legal_basis": BASIS,
            "reference": "Agreement 1", "from": ISSUED, "until": EXPIRES, "mode": 1, **change}


def grant(name="g-1", signers=(12,), **change):
    return sign(GRANT, grant_body(name, **change), signers)


def policy_body(rules=(), given=(), version=1, **change):
    """`given`: grants as (id, SignedDocument) by ascending id."""
    return {"origin": CITY, "version": version, "issued_at": ISSUED, "expires_at": EXPIRES,
            "rules": list(rules), "grants": [
                {"id": name, "version": 1, "digest": digest(item)} for name, item in given],
            **change}


def policy(rules=(), given=(), signers=(12,), **change):
    return sign(POLICY, policy_body(rules, given, **change), signers)


def changed(document, **fields):
    """A copy of a signed document with other fields; nothing is signed anew."""
    return {**copy.deepcopy(document), **fields}


def flip(data, byte=0):
    return data[:byte] + bytes([data[byte] ^ 1]) + data[byte + 1:]
