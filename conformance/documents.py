"""Signed documents: form, moments, signatures, thresholds; docs/formats/registry.md."""

import base64
import binascii
import calendar
import hashlib
import json
import re
import time

from ledger import BY_NAME, check_key, check_signature, suite_of
from wire import (IMPLICIT, PACKED, REPEATED, Enum, FormatError, Message, Refused, decode,
                  decode_any)

ROOT, REGISTRY, TIMESTAMP, POLICY, GRANT, REVOCATION_LIST = range(1, 7)
KIND_NAMES = ("ROOT", "REGISTRY", "TIMESTAMP", "POLICY", "GRANT", "REVOCATION_LIST")
KIND = Enum(*KIND_NAMES)
LEVEL = Enum("COUNTY", "CITY", "PROVINCE", "NATION")

SIGNATURE = Message("DocumentSignature", {
    1: ("key_id", "bytes", IMPLICIT), 2: ("suite", "u32", IMPLICIT),
    3: ("signature", "bytes", IMPLICIT)})
SIGNED = Message("SignedDocument", {
    1: ("kind", KIND, IMPLICIT), 2: ("body", "bytes", IMPLICIT),
    3: ("signatures", SIGNATURE, REPEATED)})
PUBLIC_KEY = Message("PublicKey", {1: ("suite", "str", IMPLICIT), 2: ("spki", "bytes", IMPLICIT)})
ROLE = Message("RoleKeys", {
    1: ("keys", PUBLIC_KEY, REPEATED), 2: ("threshold", "u32", IMPLICIT)})
ENDPOINT = Message("Endpoint", {1: ("host", "str", IMPLICIT), 2: ("port", "u32", IMPLICIT)})
MEMBER = Message("Member", {
    1: ("id", "str", IMPLICIT), 2: ("title", "str", IMPLICIT), 3: ("level", LEVEL, IMPLICIT),
    4: ("parent", "str", IMPLICIT), 5: ("region", "str", IMPLICIT),
    6: ("state", Enum("ACTIVE", "SUSPENDED"), IMPLICIT), 7: ("tls_keys", "bytes", REPEATED),
    8: ("signing_keys", PUBLIC_KEY, REPEATED), 9: ("endpoints", ENDPOINT, REPEATED),
    10: ("relays", "str", REPEATED), 11: ("epoch_min", "u64", IMPLICIT)})
_HEAD = {1: ("federation", "str", IMPLICIT), 2: ("version", "u64", IMPLICIT),
         3: ("issued_at", "str", IMPLICIT), 4: ("expires_at", "str", IMPLICIT)}
ROOT_BODY = Message("Root", {
    **_HEAD, 5: ("root", ROLE, IMPLICIT), 6: ("registry", ROLE, IMPLICIT),
    7: ("timestamp", ROLE, IMPLICIT), 8: ("certificate_authorities", "bytes", REPEATED)})
REGISTRY_BODY = Message("Registry", {**_HEAD, 5: ("members", MEMBER, REPEATED)})
CRL_STATE = Message("CrlState", {
    1: ("issuer_key_id", "bytes", IMPLICIT), 2: ("number", "u64", IMPLICIT),
    3: ("digest", "bytes", IMPLICIT)})
TIMESTAMP_BODY = Message("Timestamp", {
    **_HEAD, 5: ("registry_version", "u64", IMPLICIT), 6: ("registry_digest", "bytes", IMPLICIT),
    7: ("root_version", "u64", IMPLICIT), 8: ("crls", CRL_STATE, REPEATED)})
RECIPIENTS = Message("RecipientSet", {
    1: ("members", "str", REPEATED), 2: ("levels", LEVEL, PACKED), 3: ("regions", "str", REPEATED),
    4: ("within", "str", IMPLICIT), 5: ("any_member", "bool", IMPLICIT)})
CLASS = Enum("PUBLIC", "GOVERNMENT", "LIMITED", "LOCAL")
RULE = Message("PolicyRule", {
    1: ("id", "str", IMPLICIT), 2: ("effect", Enum("ALLOW", "WITHHOLD"), IMPLICIT),
    3: ("recipients", RECIPIENTS, IMPLICIT), 4: ("items", "str", REPEATED),
    5: ("layer", CLASS, IMPLICIT), 6: ("purposes", "str", REPEATED),
    7: ("legal_basis", "str", IMPLICIT), 8: ("from", "str", IMPLICIT),
    9: ("until", "str", IMPLICIT), 10: ("where", "str", IMPLICIT),
    11: ("obligations", "str", REPEATED)})
LOCAL_CODE = Message("LocalCode", {
    1: ("code", "str", IMPLICIT), 2: ("title", "str", IMPLICIT), 3: ("broader", "str", IMPLICIT)})
GRANT_REF = Message("GrantRef", {
    1: ("id", "str", IMPLICIT), 2: ("version", "u64", IMPLICIT), 3: ("digest", "bytes", IMPLICIT)})
POLICY_BODY = Message("Policy", {
    1: ("origin", "str", IMPLICIT), 2: ("version", "u64", IMPLICIT),
    3: ("issued_at", "str", IMPLICIT), 4: ("expires_at", "str", IMPLICIT),
    5: ("purposes", LOCAL_CODE, REPEATED), 6: ("legal_bases", LOCAL_CODE, REPEATED),
    7: ("rules", RULE, REPEATED), 8: ("grants", GRANT_REF, REPEATED)})
GRANT_BODY = Message("Grant", {
    1: ("id", "str", IMPLICIT), 2: ("origin", "str", IMPLICIT), 3: ("version", "u64", IMPLICIT),
    4: ("recipients", "str", REPEATED), 5: ("items", "str", REPEATED),
    6: ("purposes", "str", REPEATED), 7: ("legal_basis", "str", IMPLICIT),
    8: ("reference", "str", IMPLICIT), 9: ("from", "str", IMPLICIT),
    10: ("until", "str", IMPLICIT), 11: ("mode", Enum("BULK", "LOOK_UP"), IMPLICIT),
    12: ("obligations", "str", REPEATED)})
BODIES = {ROOT: ROOT_BODY, REGISTRY: REGISTRY_BODY, TIMESTAMP: TIMESTAMP_BODY,
          POLICY: POLICY_BODY, GRANT: GRANT_BODY}

BODY_BYTES_MAX = 1 << 20
SIGNATURES_MAX = 32
SKEW_US = 5 * 60 * 1000000
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\Z", re.ASCII)


def refuse(condition, code, why):
    """Refuses with `code` if the condition holds."""
    if condition:
        raise Refused(code, why)


def rule(condition, why):
    """A rule on a document's content, INVALID_ARGUMENT if it does not hold."""
    refuse(not condition, "INVALID_ARGUMENT", why)


def moment_us(text):
    """Microseconds since 1970 of YYYY-MM-DDTHH:MM:SSZ."""
    rule(MOMENT.match(text), f"{text!r} is not a moment")
    try:
        parsed = time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise Refused("INVALID_ARGUMENT", f"{text!r} does not exist") from error
    rule(parsed.tm_sec <= 59, f"{text!r} is a leap second")
    return calendar.timegm(parsed) * 1000000


def check_period(body, longest_days=None):
    """(issued, expires) of a document, in microseconds."""
    issued, expires = moment_us(body.get("issued_at", "")), moment_us(body.get("expires_at", ""))
    rule(issued < expires, "the document expires before it is issued")
    rule(longest_days is None or expires - issued <= longest_days * 86400 * 1000000,
         "the document lives too long")
    return issued, expires


def holds_at(body, now_us):
    issued, expires = check_period(body)
    return issued - SKEW_US <= now_us < expires


def ascending(values):
    """By order, none twice."""
    return all(a < b for a, b in zip(values, values[1:]))


def key_id(spki):
    return hashlib.sha256(spki).digest()


def digest(document):
    return hashlib.sha256(document["body"]).digest()


def check_public_key(key):
    """The suite of a PublicKey, whose encoding is the one allowed."""
    rule(key.get("suite") in BY_NAME, f"suite {key.get('suite')!r} is not known")
    suite = BY_NAME[key["suite"]]
    try:
        check_key(suite, key.get("spki", b""))
    except FormatError as error:
        raise Refused("INVALID_ARGUMENT", str(error)) from error
    return suite


def check_role(role, name):
    keys = role.get("keys", [])
    rule(1 <= len(keys) <= 16, f"the role {name} has {len(keys)} keys")
    for key in keys:
        check_public_key(key)
    rule(ascending([key_id(key["spki"]) for key in keys]), f"keys of {name} out of order or twice")
    rule(1 <= role.get("threshold", 0) <= len(keys), f"the threshold of {name} cannot be met")


def signed_bytes(kind, suite_number, key, body):
    return (b"TBD1" + bytes([kind, suite_number]) + key + len(body).to_bytes(4, "big") + body)


def check_document(document):
    """The form of a SignedDocument; gives the decoded body. Signatures are checked apart."""
    kind, body = document.get("kind", 0), document.get("body", b"")
    rule(kind in BODIES, "the kind of the document is not known")
    refuse(len(body) > BODY_BYTES_MAX, "LIMIT_EXCEEDED", "the document is too large")
    signatures = document.get("signatures", [])
    refuse(len(signatures) > SIGNATURES_MAX, "LIMIT_EXCEEDED", "too many signatures")
    ids = [item.get("key_id", b"") for item in signatures]
    rule(all(len(i) == 32 for i in ids) and ascending(ids),
         "signatures out of order, twice by one key, or without key id")
    try:
        return decode(BODIES[kind], body)
    except FormatError as error:
        raise Refused("NOT_CANONICAL", str(error)) from error


def check_threshold(document, keys, threshold):
    """Docs/formats/registry.md, "Threshold"."""
    by_id = {key_id(key["spki"]): key for key in keys}
    good = 0
    for item in document.get("signatures", []):
        key = by_id.get(item["key_id"])
        if key is None:
            continue
        suite = BY_NAME[key["suite"]]
        refuse(item.get("suite") != suite.number, "SIGNATURE_INVALID", "another suite than the key")
        data = signed_bytes(document["kind"], suite.number, item["key_id"], document["body"])
        try:
            check_signature(suite_of(suite.number), key["spki"], data, item.get("signature", b""))
        except FormatError as error:
            raise Refused("SIGNATURE_INVALID", str(error)) from error
        good += 1
    refuse(good < threshold, "THRESHOLD_MISSED", f"{good} keys of the role signed, not {threshold}")


def from_bytes(data):
    """The SignedDocument of a DOCUMENT frame's field or of an HTTP answer in Protobuf."""
    return decode_any(SIGNED, data)


def from_file(text):
    """A SignedDocument as it lies in a file: JSON by Protobuf's rules."""
    try:
        value = json.loads(text)
        pick = {"kind": KIND_NAMES.index(value["kind"]) + 1,
                "body": base64.b64decode(value["body"], validate=True)}
        rule(value.keys() <= {"kind", "body", "signatures"}, "an unknown key in the document")
        pick["signatures"] = [_file_signature(item) for item in value.get("signatures", [])]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise Refused("INVALID_ARGUMENT", f"the file is not a signed document: {error}") from error
    return pick


def _file_signature(item):
    rule(item.keys() <= {"keyId", "key_id", "suite", "signature"}, "an unknown key in a signature")
    encoded = item["keyId"] if "keyId" in item else item["key_id"]
    return {"key_id": base64.b64decode(encoded, validate=True), "suite": int(item["suite"]),
            "signature": base64.b64decode(item["signature"], validate=True)}
