"""Root, registry and timestamp: their rules, and what a node makes active.

Pages: docs/formats/registry.md and timestamp.md.
"""

import re
import subprocess

from documents import (REGISTRY, ROOT, TIMESTAMP, ascending, check_document, check_period,
                       check_public_key, check_role, check_threshold, digest, holds_at, key_id,
                       refuse, rule)
from documents import REVOCATION_LIST, SKEW_US
from lists import is_authority, read_list
from wire import Refused

ACTIVE, SUSPENDED = 1, 2
FEDERATION = re.compile(r"[a-z0-9.-]{1,255}\Z")
PATH_PART = re.compile(r"[a-zA-Z0-9._-]+\Z")
TIMESTAMP_DAYS_MAX = 7
MEMBERS_MAX = 4000
STEPS_MAX = 8


def check_id(spiffe_id, federation):
    prefix = f"spiffe://{federation}/"
    rule(spiffe_id.startswith(prefix) and len(spiffe_id) <= 255,
         f"{spiffe_id!r} is no id of the federation")
    parts = spiffe_id[len(prefix):].split("/")
    rule(len(parts) <= 8 and all(PATH_PART.match(p) and p not in (".", "..") for p in parts),
         f"the path of {spiffe_id!r} is not allowed")


def _check_head(body):
    rule(FEDERATION.match(body.get("federation", "")), "the federation's name is not allowed")
    rule(body.get("version", 0) >= 1, "the version is 0")


def check_authority(der):
    """What the openssl command says of an authority; the whole profile is not checked here."""
    done = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-ext",
                           "basicConstraints,keyUsage"], input=der, capture_output=True,
                          check=False)
    rule(done.returncode == 0 and b"CA:TRUE" in done.stdout
         and b"Certificate Sign" in done.stdout, "a certificate is not that of an authority")


def check_root(root):
    _check_head(root)
    check_period(root)
    for name in ("root", "registry", "timestamp"):
        check_role(root.get(name, {}), name)
    authorities = root.get("certificate_authorities", [])
    rule(1 <= len(authorities) <= 16 and ascending(authorities),
         "authorities are missing, too many, out of order or twice")
    for der in authorities:
        check_authority(der)


def _check_member(member, federation):
    check_id(member.get("id", ""), federation)
    rule("level" in member and "state" in member, "a member without level or state")
    keys = member.get("tls_keys", [])
    rule(1 <= len(keys) <= 4 and ascending(keys) and all(len(k) == 32 for k in keys),
         f"tls_keys of {member['id']}")
    rule(1 <= len(member.get("signing_keys", [])) <= 4, f"signing_keys of {member['id']}")
    for key in member["signing_keys"]:
        check_public_key(key)
    rule(len(member.get("endpoints", [])) <= 4, "too many endpoints")
    for endpoint in member.get("endpoints", []):
        rule(1 <= len(endpoint.get("host", "")) <= 253 and 1 <= endpoint.get("port", 0) <= 65535,
             f"an endpoint of {member['id']}")
    rule(ascending(member.get("relays", [])), "relays out of order or twice")
    rule(member.get("epoch_min", 0) >= 1, "epoch_min is 0")


def _none_twice(values, what):
    rule(len(values) == len(set(values)), f"{what} stands twice")


def check_registry(registry):
    _check_head(registry)
    check_period(registry)
    members = registry.get("members", [])
    rule(len(members) <= MEMBERS_MAX, "too many members")
    for member in members:
        _check_member(member, registry["federation"])
    ids = [member["id"].encode() for member in members]
    rule(ascending(ids), "members out of order or twice")
    _none_twice([k for m in members for k in m["tls_keys"]], "a TLS key")
    _none_twice([k["spki"] for m in members for k in m["signing_keys"]], "a signing key")
    by_id = {member["id"]: member for member in members}
    for member in members:
        rule(all(relay in by_id for relay in member.get("relays", [])), "a relay is no member")
        above(by_id, member)


def above(by_id, member):
    """The members above one, the nearest first; their levels rise and the way is short."""
    out = []
    while member.get("parent"):
        parent = by_id.get(member["parent"])
        rule(parent is not None and parent["level"] > member["level"],
             f"the parent of {member['id']} is no member of a higher level")
        out.append(parent)
        rule(len(out) <= STEPS_MAX, "the way to the top is too long")
        member = parent
    return out


def check_timestamp(timestamp):
    _check_head(timestamp)
    check_period(timestamp, TIMESTAMP_DAYS_MAX)
    rule(timestamp.get("registry_version", 0) >= 1 and timestamp.get("root_version", 0) >= 1,
         "the timestamp names no registry or no root")
    rule(len(timestamp.get("registry_digest", b"")) == 32, "the digest does not have 32 bytes")
    lists = timestamp.get("crls", [])
    rule(all(len(item.get("issuer_key_id", b"")) == 32 and len(item.get("digest", b"")) == 32
             for item in lists), "a revocation list is not named by 32 bytes")
    rule(ascending([item["issuer_key_id"] for item in lists]), "lists out of order or twice")


CHECKS = {ROOT: check_root, REGISTRY: check_registry, TIMESTAMP: check_timestamp}
ROLES = {REGISTRY: "registry", TIMESTAMP: "timestamp"}


class Trust:
    """The active documents of one node. `offer` accepts, keeps or refuses the next one."""

    def __init__(self, first_root, now_us):
        self.root = self._checked(first_root, now_us, None)
        check_threshold(first_root, self.root["root"]["keys"], self.root["root"]["threshold"])
        self.active = {}
        self.stored = {}    # kind: (version, digest) that the next one is compared with
        self._activate(first_root, self.root)
        self.waiting = {}   # kind: document
        self.lists = {}     # issuer_key_id: (number, digest)
        self.issuers = {}   # issuer_key_id: certificate
        self.seen_us = now_us

    registry = property(lambda self: self.active.get(REGISTRY, (None, None))[1])
    timestamp = property(lambda self: self.active.get(TIMESTAMP, (None, None))[1])

    def _activate(self, document, body):
        self.active[document["kind"]] = (document, body)
        self.stored[document["kind"]] = (body["version"], digest(document))

    def _checked(self, document, now_us, federation):
        body = check_document(document)
        refuse(document["kind"] not in CHECKS, "DOCUMENT_MISMATCH", "not of this family")
        CHECKS[document["kind"]](body)
        refuse(federation not in (None, body["federation"]), "DOCUMENT_MISMATCH",
               "of another federation")
        if document["kind"] == ROOT:  # an expired root may be a step on the way to the next
            refuse(check_period(body)[0] - SKEW_US > now_us, "DOCUMENT_EXPIRED", "not yet issued")
        else:
            refuse(not holds_at(body, now_us), "DOCUMENT_EXPIRED", "expired, or not yet issued")
        return body

    def offer(self, document, now_us):
        """"active", "same" or "waiting"; Refused otherwise."""
        now_us = max(now_us, self.seen_us)
        if document.get("kind") == REVOCATION_LIST:
            return self._list(document, now_us)
        body = self._checked(document, now_us, self.root["federation"])
        if document["kind"] == ROOT:
            result = self._root(document, body)
        else:
            role = self.root[ROLES[document["kind"]]]
            check_threshold(document, role["keys"], role["threshold"])
            result = self._version(document, body) or self._place(document, body)
        if result == "active":
            self.seen_us = now_us
        return result

    def _version(self, document, body):
        """Against what is stored of the same kind: None if the document is a newer one."""
        kind = document["kind"]
        if kind in self.active and digest(self.active[kind][0]) == digest(document):
            return "same"
        version, stored_digest = self.stored.get(kind, (0, b""))
        refuse(body["version"] < version, "DOCUMENT_ROLLBACK", "a lower version")
        refuse(body["version"] == version and digest(document) != stored_digest,
               "DOCUMENT_FORKED", "another of this version")
        return None

    def _root(self, document, body):
        same = self._version(document, body)
        if same:
            return same
        refuse(body["version"] != self.root["version"] + 1, "DOCUMENT_ROLLBACK",
               "a root was skipped")
        for root in (self.root, body):
            check_threshold(document, root["root"]["keys"], root["root"]["threshold"])
        changed = set()
        if body["registry"] != self.root["registry"]:
            changed |= {REGISTRY, TIMESTAMP}
        if body["timestamp"] != self.root["timestamp"]:
            changed.add(TIMESTAMP)
        for kind in changed:
            self.stored.pop(kind, None)
            self._keep_if_signed(kind, body)
        self.root = body
        self._activate(document, body)
        for issuer_key_id, issuer in list(self.issuers.items()):
            if not is_authority(issuer, body["certificate_authorities"]):
                del self.issuers[issuer_key_id], self.lists[issuer_key_id]
        self._pair()
        return "active"

    def _keep_if_signed(self, kind, root):
        """After a rotation: what does not meet the new keys is active, or waits, no longer."""
        role = root[ROLES[kind]]
        for documents in (self.active, self.waiting):
            held = documents.get(kind)
            try:
                if held:
                    check_threshold(held[0] if isinstance(held, tuple) else held, role["keys"],
                                    role["threshold"])
            except Refused:
                del documents[kind]

    def _place(self, document, body):
        if document["kind"] == TIMESTAMP:
            self._check_names(document, body)
        named = self.timestamp
        if document["kind"] == REGISTRY and named:
            refuse(body["version"] == named["registry_version"]
                   and digest(document) != named["registry_digest"], "DOCUMENT_FORKED",
                   "the timestamp names another of this version")
        if document["kind"] == REGISTRY and not named and not self.registry:
            self._activate(document, body)  # the first; nobody is dealt with yet
            self._pair()
            return "active"
        self.waiting[document["kind"]] = document
        self._pair()
        return "active" if document["kind"] not in self.waiting else "waiting"

    def _check_names(self, document, body):
        refuse(body["root_version"] < self.root["version"], "DOCUMENT_ROLLBACK", "a lower root")
        version, stored_digest = self.stored.get(REGISTRY, (0, b""))
        refuse(body["registry_version"] < version, "DOCUMENT_ROLLBACK", "a lower registry")
        refuse(body["registry_version"] == version and body["registry_digest"] != stored_digest,
               "DOCUMENT_FORKED", "another registry of this version")

    def _has(self, body):
        """The registry that a timestamp names, if all that it names is there; else None."""
        if body["root_version"] > self.root["version"] or not all(
                self._has_list(item) for item in body.get("crls", [])):
            return None
        for document in (self.active.get(REGISTRY, (None,))[0], self.waiting.get(REGISTRY)):
            if document is not None and digest(document) == body["registry_digest"]:
                return document
        return None

    def _has_list(self, item):
        number, list_digest = self.lists.get(item["issuer_key_id"], (-1, b""))
        named = item.get("number", 0)
        return number > named or (number == named and list_digest == item["digest"])

    def _pair(self):
        """A timestamp and the registry that it names become active together."""
        document = self.waiting.get(TIMESTAMP)
        body = document and check_document(document)
        registry = body and self._has(body)
        if not registry:
            return
        self._activate(document, body)
        self._activate(registry, check_document(registry))
        del self.waiting[TIMESTAMP]
        if self.waiting.get(REGISTRY) is registry:
            del self.waiting[REGISTRY]

    def _list(self, document, now_us):
        rule(not document.get("signatures"), "a list brings its own signature")
        facts = read_list(document["body"], self.root["certificate_authorities"])
        refuse(not facts["from_us"] - SKEW_US <= now_us < facts["until_us"], "DOCUMENT_EXPIRED",
               "the list does not hold now")
        result = self.offer_list(facts["issuer_key_id"], facts["number"], facts["digest"])
        self.issuers[facts["issuer_key_id"]] = facts["issuer"]
        return result

    def offer_list(self, issuer_key_id, number, list_digest):
        """A revocation list that its issuer has signed, as its facts."""
        held = [self.lists.get(issuer_key_id, (-1, b""))]
        if held[0] == (number, list_digest):
            return "same"
        held += [(item.get("number", 0), item["digest"])
                 for item in (self.timestamp or {}).get("crls", [])
                 if item["issuer_key_id"] == issuer_key_id]
        for known, known_digest in held:
            refuse(number < known, "DOCUMENT_ROLLBACK", "an older revocation list")
            refuse(number == known and list_digest != known_digest, "DOCUMENT_FORKED",
                   "another list of this number")
        self.lists[issuer_key_id] = (number, list_digest)
        self._pair()
        return "active"

    def check_fresh(self, now_us):
        """That members may be dealt with now."""
        now_us = max(now_us, self.seen_us)
        refuse(not holds_at(self.root, now_us), "DOCUMENT_EXPIRED", "the root")
        refuse(not self.registry or not self.timestamp or not holds_at(self.timestamp, now_us),
               "TIMESTAMP_STALE", "there is no timestamp that holds")
        refuse(not holds_at(self.registry, now_us), "DOCUMENT_EXPIRED", "the registry")

    def member(self, spiffe_id):
        return find(self.registry, spiffe_id)


def find(registry, spiffe_id):
    """The member of this id, or None."""
    for member in (registry or {}).get("members", []):
        if member["id"] == spiffe_id:
            return member
    return None


def may_carry(registry, carrier_id, origin_id):
    """Whether a member may hand over the streams of an origin."""
    by_id = {member["id"]: member for member in registry.get("members", [])}
    carrier, origin = by_id.get(carrier_id), by_id.get(origin_id)
    if carrier is None or origin is None or carrier["state"] != ACTIVE:
        return False
    return (carrier is origin or carrier in above(by_id, origin)
            or carrier_id in origin.get("relays", []))


def signing_key(member, wanted_key_id):
    """The member's key of this id; what it signed with another key is not accepted."""
    for key in member["signing_keys"]:
        if key_id(key["spki"]) == wanted_key_id:
            return key
    return refuse(True, "SIGNATURE_INVALID", f"no signing key of {member['id']}")
