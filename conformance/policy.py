"""What a recipient may hold, computed anew from an origin's signed documents and a record's header.

Pages: docs/formats/policy.md and grant.md. Written as the pages say it, step by step and slowly, so
that it can judge the tables with which a node decides.
"""

import csv
import re

from documents import (GRANT, POLICY, ascending, check_document, check_period, check_threshold,
                       digest, holds_at, moment_us, refuse)
from messages import HEADER
from registry import ACTIVE, above, check_id, find, may_carry
from wire import Refused, decode

ALLOW, WITHHOLD = 1, 2
PUBLIC, GOVERNMENT, LIMITED = 1, 2, 3
BULK = 1
REPAIRED, WITHDRAWN, ANNULLED = 4, 6, 7
ID = re.compile(r"[a-z0-9.-]{1,64}\Z")
OWN_CODE = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)*\Z")
YEAR_US = 366 * 86400 * 1000000


class Codes:
    """The lists that come with the program: code -> the code that it narrows, or ""."""

    def __init__(self, purposes, legal_bases):
        self.purposes, self.legal_bases = dict(purposes), dict(legal_bases)


def load_codes(path):
    """A list of the program, adapters/profiles/core: columns `code` and, if any, `broader`."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["code"]: row.get("broader") or "" for row in rows}


def _invalid(condition, why):
    refuse(condition, "POLICY_INVALID", why)


def _no_longer_than_years(first, last, years):
    _invalid(last - first > years * YEAR_US, f"the time is longer than {years} years")


def _own_codes(own, program, what):
    known = dict(program)
    _invalid(not ascending([item.get("code", "").encode() for item in own]),
             f"{what} out of order or twice")
    for item in own:
        code, broader = item.get("code", ""), item.get("broader", "")
        _invalid(len(code) > 64 or not OWN_CODE.match(code) or code in program,
                 f"{code!r} is no code of one's own")
        _invalid(broader and broader not in known, f"{code} narrows what is not known")
        known[code] = broader
    return known


def _check_recipients(who, federation):
    conditions = [who.get(name) for name in ("members", "levels", "regions", "within")]
    _invalid(any(conditions) == who.get("any_member", False),
             "any_member goes with no condition, and without one it must be said")
    for values in conditions[:3]:
        _invalid(not ascending(values or []), "recipients out of order or twice")
    _invalid("" in who.get("regions", []), "an empty region would mean everyone")
    for name in who.get("members", []) + ([who["within"]] if "within" in who else []):
        _check_name(name, federation)


def _check_name(name, federation):
    try:
        check_id(name, federation)
    except Refused as error:
        raise Refused("POLICY_INVALID", str(error)) from error


def _check_rule(item, federation, purposes, legal_bases):
    name = item.get("id", "")
    _invalid(not ID.match(name), f"the rule's id {name!r}")
    _invalid("effect" not in item, f"{name} has no effect")
    refuse(item.get("where"), "POLICY_UNSUITED", f"{name} asks for single records: split the item")
    _check_recipients(item.get("recipients", {}), federation)
    items, codes = item.get("items", []), item.get("purposes", [])
    _invalid(not items or not ascending(items) or ("*" in items and len(items) > 1),
             f"items of {name}")
    _invalid(not ascending(codes) or any(code not in purposes for code in codes),
             f"purposes of {name}")
    _invalid(not ascending(item.get("obligations", [])), f"obligations of {name}")
    basis = item.get("legal_basis", "")
    _invalid(basis and basis not in legal_bases, f"legal_basis of {name} is not known")
    if item["effect"] == ALLOW:
        _invalid(item.get("layer") != GOVERNMENT or not codes or not basis,
                 f"{name}: ALLOW is for GOVERNMENT, with purposes and a legal basis")
    _invalid(item.get("layer", 0) not in (PUBLIC, GOVERNMENT, LIMITED), f"layer of {name}")
    if "from" in item and "until" in item:
        _invalid(moment_us(item["from"]) >= moment_us(item["until"]), f"{name} is never in force")
    for moment in (item[key] for key in ("from", "until") if key in item):
        moment_us(moment)


def check_policy(policy, federation, codes):
    """The rules of policy.md, "Form"; gives the purposes that are known under it."""
    _invalid(policy.get("version", 0) < 1, "the version is 0")
    issued, expires = check_period(policy)
    _no_longer_than_years(issued, expires, 3)
    purposes = _own_codes(policy.get("purposes", []), codes.purposes, "purposes")
    legal_bases = _own_codes(policy.get("legal_bases", []), codes.legal_bases, "legal_bases")
    rules = policy.get("rules", [])
    _invalid(len(rules) > 1000 or not ascending([r.get("id", "") for r in rules]),
             "rules too many, out of order or twice")
    for item in rules:
        _check_rule(item, federation, purposes, legal_bases)
    grants = policy.get("grants", [])
    _invalid(not ascending([g.get("id", "") for g in grants]), "grants out of order or twice")
    for item in grants:
        _invalid(not ID.match(item.get("id", "")) or item.get("version", 0) < 1
                 or len(item.get("digest", b"")) != 32, "a grant is not named in full")
    return purposes, legal_bases


def check_grant(grant, federation, purposes, legal_bases):
    """The rules of grant.md, "Form"."""
    _invalid(not ID.match(grant.get("id", "")) or grant.get("version", 0) < 1, "id or version")
    for name in ("recipients", "items", "purposes"):
        values = grant.get(name, [])
        _invalid(not 1 <= len(values) <= 1000 or not ascending(values) or "*" in values,
                 f"{name} of the grant")
    for recipient in grant["recipients"]:
        _check_name(recipient, federation)
    _invalid(any(code not in purposes for code in grant["purposes"]), "a purpose is not known")
    _invalid(grant.get("legal_basis") not in legal_bases, "the legal basis is not known")
    _invalid(len(grant.get("reference", "").encode()) > 1024, "the reference is too long")
    first, last = moment_us(grant.get("from", "")), moment_us(grant.get("until", ""))
    _invalid(first >= last, "the grant is never in force")
    _no_longer_than_years(first, last, 3)
    _invalid("mode" not in grant, "the grant has no mode")
    _invalid(not ascending(grant.get("obligations", [])), "obligations out of order or twice")


class Policy:
    """An origin's policy with the grants that are at hand, verified against a registry."""

    def __init__(self, document, grants, codes, registry):
        self.registry = registry
        refuse(document.get("kind") != POLICY, "DOCUMENT_MISMATCH", "not a policy")
        self.body = check_document(document)
        self._signed_by(document, self.body)
        self.purposes, legal_bases = check_policy(self.body, registry["federation"], codes)
        self.origin = self.body["origin"]
        named = {item["id"]: item for item in self.body.get("grants", [])}
        self.grants = []
        for item in grants:
            refuse(item.get("kind") != GRANT, "DOCUMENT_MISMATCH", "not a grant")
            grant = check_document(item)
            self._signed_by(item, grant)
            check_grant(grant, registry["federation"], self.purposes, legal_bases)
            reference = named.get(grant["id"], {})
            refuse(grant["origin"] != self.origin or reference.get("version") != grant["version"]
                   or reference.get("digest") != digest(item), "DOCUMENT_MISMATCH",
                   "the policy does not name this grant")
            self.grants.append(grant)

    def _signed_by(self, document, body):
        origin = find(self.registry, body.get("origin", ""))
        refuse(origin is None, "DOCUMENT_MISMATCH", "the origin is no member")
        check_threshold(document, origin["signing_keys"], 1)

    def covers(self, codes, purpose):
        """Whether the list has the purpose, or a code that it narrows."""
        while purpose:
            if purpose in codes:
                return True
            purpose = self.purposes.get(purpose, "")
        return False


def in_force(item, now_us):
    return (("from" not in item or moment_us(item["from"]) <= now_us)
            and ("until" not in item or now_us < moment_us(item["until"])))


def has_item(item, code):
    return item["items"] == ["*"] or code in item["items"]


def is_recipient(who, member, by_id):
    """Whether an ACTIVE member is among a rule's recipients."""
    if who.get("any_member"):
        return True
    if who.get("members") and member["id"] not in who["members"]:
        return False
    if who.get("levels") and member["level"] not in who["levels"]:
        return False
    if who.get("regions") and not any(
            member.get("region", "").startswith(region) for region in who["regions"]):
        return False
    chain = [member["id"]] + [m["id"] for m in above(by_id, member)]
    return not who.get("within") or who["within"] in chain


class Question:
    """Who asks for what: an active member or the public, purpose, item, class, moment."""

    def __init__(self, registry, member_id, purpose, item, sharing_class, now_us):
        self.by_id = {m["id"]: m for m in registry.get("members", [])}
        member = self.by_id.get(member_id)
        self.member = member if member and member["state"] == ACTIVE else None
        self.purpose, self.item, self.sharing_class = purpose, item, sharing_class
        self.now_us = now_us

    def named_by(self, rule_):
        """For a WITHHOLD rule the public counts as a recipient of `any_member`."""
        who = rule_["recipients"]
        if self.member is None:
            return bool(who.get("any_member"))
        return is_recipient(who, self.member, self.by_id)


def _sources(policy, question):
    """[(layer, obligations)] of steps 2 and 3: every rule and grant that allows."""
    if not holds_at(policy.body, question.now_us) or question.member is None \
            or question.purpose not in policy.purposes:
        return []
    out = []
    for item in policy.body.get("rules", []):
        if item["effect"] == ALLOW and in_force(item, question.now_us) and question.named_by(item) \
                and has_item(item, question.item) \
                and policy.covers(item["purposes"], question.purpose):
            out.append((GOVERNMENT, item.get("obligations", [])))
    for grant in policy.grants:
        if grant["mode"] == BULK and in_force(grant, question.now_us) \
                and question.member["id"] in grant["recipients"] \
                and question.item in grant["items"] \
                and policy.covers(grant["purposes"], question.purpose):
            out.append((LIMITED, grant.get("obligations", [])))
    return out


def _withheld(policy, question):
    return {item["layer"] for item in policy.body.get("rules", [])
            if item["effect"] == WITHHOLD and in_force(item, question.now_us)
            and question.named_by(item) and has_item(item, question.item)
            and (not item.get("purposes") or policy.covers(item["purposes"], question.purpose))}


def layers_of(policy, question):
    """The set of layers that the recipient may have of the stream; docs/formats/policy.md.

    `policy` None: missing or refused.
    """
    allowed = {PUBLIC}
    if policy is not None:
        allowed |= {layer for layer, _ in _sources(policy, question)}
        allowed -= _withheld(policy, question)
    return allowed if question.sharing_class in allowed else set()


def handed_on(policy, question):
    """What a hub that asked `question` for itself may hand on of what it got."""
    allowed = layers_of(policy, question)
    if policy is not None:
        allowed -= {layer for layer, duties in _sources(policy, question) if "NO_ONWARD" in duties}
    return allowed if question.sharing_class in allowed else set()


def within_terms(header_bytes, layers, today):
    """What is left of the layers for one record; `today` in days since 1970, UTC."""
    header = decode(HEADER, header_bytes)
    if "share_until" in header and today > header["share_until"]:
        return set()
    left = set(layers)
    if header.get("state") in (REPAIRED, WITHDRAWN, ANNULLED) or \
            ("publish_until" in header and today > header["publish_until"]):
        left.discard(PUBLIC)
    return left


def may_hold(policy, recipient, descriptor, header, now_us, hubs=()):
    """Layers of one record that `recipient`, (id, purpose), may hold: for the leak test.

    `policy`: a Policy, or (None, registry) if the origin has none; `descriptor`: the decoded
    StreamDescriptor; `header`: the record's header as bytes; `hubs`: (id, purpose) of those on the
    way from the origin to the recipient.
    """
    policy, registry = policy if isinstance(policy, tuple) else (policy, policy.registry)
    ways = [(hub, True) for hub in hubs] + [(recipient, False)]
    layers = {PUBLIC, GOVERNMENT, LIMITED}
    for (node, purpose), is_hub in ways:
        question = Question(registry, node, purpose, descriptor["item"],
                            descriptor["sharing_class"], now_us)
        layers &= (handed_on if is_hub else layers_of)(policy, question)
        if is_hub and not may_carry(registry, node, descriptor["origin"]):
            return set()
    return within_terms(header, layers, now_us // 86400000000)
