"""Policy and grants: each rule of the pages, and what a recipient may hold."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import documents  # noqa: E402
import federation_sample as f  # noqa: E402
from messages import HEADER  # noqa: E402
from policy import (Codes, Policy, Question, handed_on, layers_of, load_codes,  # noqa: E402
                    may_hold, within_terms)
from test_registry import Case  # noqa: E402
from wire import encode  # noqa: E402

CODES = Codes(f.PURPOSES, f.LEGAL_BASES)
SERVICE = "dpv:PublicService"
ALL, OPEN = {1, 2, 3}, {1, 2}


def make(rules=(), given=(), registry=None, **change):
    return Policy(f.policy(rules, given, **change), [g for _, g in given], CODES,
                  registry or f.registry_body())


def ask(policy, member=f.PROVINCE, purpose=SERVICE, item="test.penalty", sharing_class=1,
        now=f.NOW, registry=None):
    return layers_of(policy, Question(registry or f.registry_body(), member, purpose, item,
                                      sharing_class, documents.moment_us(now)))


class FormTest(Case):
    def test_sound(self):
        make([f.rule("a"), f.withhold("b", 3)], [("g-1", f.grant())])

    def test_policy(self):
        for change in ({"version": 0}, {"expires_at": "2029-01-04T00:00:00Z"},
                       {"purposes": [{"code": "b"}, {"code": "a"}]},
                       {"purposes": [{"code": "dpv:Audit"}]}, {"purposes": [{"code": "A"}]},
                       {"purposes": [{"code": "a", "broader": "b"}, {"code": "b"}]},
                       {"purposes": [{"code": "a", "broader": "a"}]},
                       {"legal_bases": [{"code": "a"}, {"code": "a"}]},
                       {"grants": [{"id": "g", "version": 1, "digest": b"short"}]},
                       {"grants": [{"id": "g", "digest": bytes(32)}]},
                       {"grants": [{"id": "g", "version": n, "digest": bytes(32)}
                                   for n in (1, 2)]}):
            with self.subTest(change):
                self.refused("POLICY_INVALID", lambda: make(**change))
        self.refused("INVALID_ARGUMENT", lambda: make(expires_at=f.ISSUED))

    def test_rule(self):
        who = {"members": [f.OTHER], "any_member": True}
        for change in ({"id": ""}, {"id": "A"}, {"id": "a" * 65}, {"effect": 0}, {"items": []},
                       {"items": ["*", "a"]}, {"items": ["b", "a"]}, {"items": ["a", "a"]},
                       {"layer": 0}, {"layer": 1}, {"layer": 3}, {"layer": 4}, {"purposes": []},
                       {"purposes": ["unknown"]}, {"purposes": [SERVICE, SERVICE]},
                       {"legal_basis": ""}, {"legal_basis": "unknown"}, {"recipients": {}},
                       {"recipients": who}, {"recipients": {"members": [f.OTHER, f.CITY]}},
                       {"recipients": {"levels": [3, 2]}}, {"recipients": {"regions": [""]}},
                       {"recipients": {"members": ["spiffe://other.example/x"]}},
                       {"recipients": {"within": "n"}}, {"from": f.EXPIRES, "until": f.ISSUED},
                       {"obligations": ["B", "A"]}):
            with self.subTest(change):
                self.refused("POLICY_INVALID", lambda: make([f.rule("a", **change)]))
        self.refused("POLICY_UNSUITED", lambda: make([f.rule("a", where="state = 1")]))
        self.refused("INVALID_ARGUMENT", lambda: make([f.rule("a", until="tomorrow")]))
        self.refused("POLICY_INVALID", lambda: make([f.rule("b"), f.rule("a")]))
        self.refused("POLICY_INVALID", lambda: make([f.rule("a"), f.rule("a")]))
        self.refused("POLICY_INVALID", lambda: make([f.withhold("a", 4)]))
        make([f.withhold("a", 1)])  # WITHHOLD needs neither purpose nor basis

    def test_grant(self):
        for change in ({"version": 0}, {"recipients": []}, {"recipients": [f.OTHER, f.NATION]},
                       {"items": []}, {"items": ["*"]}, {"purposes": []}, {"purposes": ["*"]},
                       {"purposes": ["unknown"]}, {"legal_basis": ""}, {"reference": "a" * 1025},
                       {"until": f.ISSUED}, {"until": "2029-01-04T00:00:00Z"}, {"mode": 0},
                       {"obligations": ["A", "A"]}):
            with self.subTest(change):
                self.refused("POLICY_INVALID", lambda: make([], [("g-1", f.grant(**change))]))
        for code, change in (("POLICY_INVALID", {"recipients": ["*"]}),
                             ("POLICY_INVALID", {"recipients": ["spiffe://other.example/x"]}),
                             ("INVALID_ARGUMENT", {"from": ""})):
            self.refused(code, lambda: make([], [("g-1", f.grant(**change))]))

    def test_who_signs(self):
        for documents_of in (lambda s: make([], signers=s),
                             lambda s: make([], [("g-1", f.grant(signers=s))])):
            documents_of((12,))
            self.refused("THRESHOLD_MISSED", documents_of, (13,))
        self.refused("DOCUMENT_MISMATCH", lambda: make(origin=f"spiffe://{f.FEDERATION}/x"))
        self.refused("DOCUMENT_MISMATCH", lambda: make(
            [], [("g-1", f.grant(origin=f.PROVINCE, signers=(11,)))]))
        damaged = f.policy()
        damaged["signatures"][0]["signature"] = f.flip(damaged["signatures"][0]["signature"])
        self.refused("SIGNATURE_INVALID", Policy, damaged, [], CODES, f.registry_body())

    def test_a_grant_counts_only_as_named(self):
        named = f.policy([], [("g-1", f.grant())])
        for other in (f.grant(reference="other"), f.grant("g-2"), f.grant(version=2)):
            self.refused("DOCUMENT_MISMATCH", Policy, named, [other], CODES, f.registry_body())
        Policy(named, [], CODES, f.registry_body())  # a recipient gets only its own

    def test_lists_of_the_program(self):
        path = pathlib.Path(__file__).resolve().parent.parent / "adapters/profiles/core"
        for name in ("purposes.csv", "legal_bases.csv"):
            if (path / name).exists():
                codes = load_codes(path / name)
                self.assertTrue(all(not b or b in codes for b in codes.values()), name)


class DecisionTest(Case):
    def test_no_policy_gives_public_alone(self):
        self.assertEqual(ask(None), {1})
        self.assertEqual(ask(None, sharing_class=2), set())
        self.assertEqual(ask(make()), {1})

    def test_government(self):
        policy = make([f.rule("a")])
        self.assertEqual(ask(policy), OPEN)
        self.assertEqual(ask(policy, sharing_class=2), OPEN)
        self.assertEqual(ask(policy, sharing_class=3), set())
        self.assertEqual(ask(policy, purpose="dpv:Audit"), OPEN)  # it narrows the rule's purpose
        for change in ({"purpose": ""}, {"purpose": "unknown"}, {"purpose": "dpv:Marketing"},
                       {"member": ""}, {"member": f"spiffe://{f.FEDERATION}/x"}):
            self.assertEqual(ask(policy, **change), {1}, change)
        narrow = make([f.rule("a", purposes=["dpv:Audit"])])
        self.assertEqual(ask(narrow), {1})  # a broader purpose than the rule's

    def test_codes_of_ones_own(self):
        own = [{"code": "cn.check"}, {"code": "cn.check-2", "broader": "cn.check"},
               {"code": "cn.x", "broader": "dpv:Audit"}]
        policy = make([f.rule("a", purposes=["cn.check"])], purposes=own)
        self.assertEqual(ask(policy, purpose="cn.check-2"), OPEN)
        self.assertEqual(ask(policy, purpose="cn.x"), {1})
        self.assertEqual(ask(make([f.rule("a")], purposes=own), purpose="cn.x"), OPEN)

    def test_recipients(self):
        for who, members in (
                ({"members": [f.OTHER]}, {f.OTHER}),
                ({"levels": [3]}, {f.PROVINCE, f.OTHER}),
                ({"levels": [3, 4]}, {f.PROVINCE, f.OTHER, f.NATION}),
                ({"regions": ["3"]}, {f.PROVINCE, f.CITY}),
                ({"regions": ["32"]}, set()),
                ({"within": f.PROVINCE}, {f.PROVINCE, f.CITY}),
                ({"within": f"spiffe://{f.FEDERATION}/x"}, set()),
                ({"levels": [3], "within": f.NATION, "regions": ["31"]}, {f.PROVINCE}),
                ({"members": [f.OTHER], "levels": [2]}, set()),
                ({"any_member": True}, {f.NATION, f.PROVINCE, f.CITY, f.OTHER})):
            policy = make([f.rule("a", recipients=who)])
            self.assertEqual({m for m in f.MEMBER_KEYS if ask(policy, m) == OPEN}, members, who)

    def test_a_suspended_member_is_the_public(self):
        registry = f.registry_body()
        registry["members"][1]["state"] = 2
        policy = make([f.rule("a")], [("g-1", f.grant())], registry)
        self.assertEqual(ask(policy, registry=registry), {1})

    def test_items(self):
        policy = make([f.rule("a", items=["test.penalty", "test.permit"])])
        self.assertEqual(ask(policy, item="test.permit"), OPEN)
        self.assertEqual(ask(policy, item="test.permits"), {1})

    def test_in_force(self):
        policy = make([f.rule("a", **{"from": "2026-02-01T00:00:00Z",
                                      "until": "2026-03-01T00:00:00Z"})])
        for now, layers in (("2026-01-31T23:59:59Z", {1}), ("2026-02-01T00:00:00Z", OPEN),
                            ("2026-02-28T23:59:59Z", OPEN), ("2026-03-01T00:00:00Z", {1})):
            self.assertEqual(ask(policy, now=now), layers, now)

    def test_an_expired_policy_allows_nothing_and_still_withholds(self):
        policy = make([f.rule("a"), f.withhold("b", 1, items=["test.permit"])],
                      [("g-1", f.grant(until="2028-01-01T00:00:00Z"))])
        self.assertEqual(ask(policy, now="2026-12-31T23:59:59Z"), ALL)
        self.assertEqual(ask(policy, now=f.EXPIRES), {1})
        self.assertEqual(ask(policy, now=f.EXPIRES, item="test.permit"), set())
        self.assertEqual(ask(policy, now="2025-12-31T23:54:59Z"), {1})

    def test_limited(self):
        policy = make([], [("g-1", f.grant())])
        self.assertEqual(ask(policy), {1, 3})
        self.assertEqual(ask(policy, sharing_class=3), {1, 3})
        self.assertEqual(ask(policy, sharing_class=2), set())
        for change in ({"member": f.OTHER}, {"item": "test.permit"}, {"purpose": "dpv:Marketing"},
                       {"purpose": ""}, {"now": f.EXPIRES}):
            self.assertEqual(ask(policy, **change), {1}, change)
        self.assertEqual(ask(make([], [("g-1", f.grant(mode=2))])), {1})  # LOOK_UP
        later = make([], [("g-1", f.grant(**{"from": "2026-01-01T06:00:01Z"}))])
        self.assertEqual(ask(later), {1})

    def test_withhold_wins(self):
        grants = [("g-1", f.grant())]
        rules = [f.rule("a")]
        self.assertEqual(ask(make(rules, grants)), ALL)
        for layer in ALL:
            self.assertEqual(ask(make(rules + [f.withhold("b", layer)], grants)),
                             ALL - {layer} if layer > 1 else set())
        for change, withheld in (
                ({"recipients": {"members": [f.OTHER]}}, False), ({"items": ["other"]}, False),
                ({"until": f.ISSUED}, False), ({"from": f.NOON}, False),
                ({"purposes": ["dpv:Marketing"]}, False), ({"purposes": ["dpv:Audit"]}, False),
                ({"purposes": [SERVICE]}, True), ({"recipients": {"members": [f.PROVINCE]}}, True)):
            policy = make(rules + [f.withhold("b", 2, **change)], grants)
            self.assertEqual(ask(policy), {1, 3} if withheld else ALL, change)
        policy = make([f.withhold("b", 3, purposes=[SERVICE])], grants)
        self.assertEqual(ask(policy, purpose="dpv:Audit"), {1})  # a narrower one is covered

    def test_withheld_from_the_public(self):
        everyone = make([f.withhold("a", 1)])
        self.assertEqual(ask(everyone, member=""), set())
        one = make([f.withhold("a", 1, recipients={"members": [f.PROVINCE]})])
        self.assertEqual(ask(one), set())
        self.assertEqual(ask(one, member=""), {1})

    def test_hub(self):
        def question(member):
            return Question(f.registry_body(), member, SERVICE, "test.penalty", 1, f.NOW_US)

        policy = make([f.rule("a", obligations=["NO_ONWARD"])], [("g-1", f.grant())])
        self.assertEqual(layers_of(policy, question(f.PROVINCE)), ALL)
        self.assertEqual(handed_on(policy, question(f.PROVINCE)), {1, 3})
        both = make([f.rule("a", obligations=["NO_ONWARD"]), f.rule("b")])
        self.assertEqual(handed_on(both, question(f.PROVINCE)), {1})  # the obligations of all hold
        self.assertEqual(handed_on(None, question(f.PROVINCE)), {1})


def header(**fields):
    return encode(HEADER, {"record_id": b"r" * 16, "version": 1, "kind": 1, "polarity": 1,
                           "state": 1, "recorded_at_us": f.NOW_US, **fields})


class HoldTest(Case):
    today = f.NOW_US // (86400 * 1000000)

    def test_terms(self):
        today = self.today
        for fields, left in (
                ({}, ALL), ({"share_until": today}, ALL), ({"share_until": today - 1}, set()),
                ({"publish_until": today}, ALL), ({"publish_until": today - 1}, {2, 3}),
                ({"valid_until": today - 1}, ALL), ({"state": 4}, {2, 3}), ({"state": 6}, {2, 3}),
                ({"state": 7}, {2, 3}), ({"state": 5}, ALL), ({"state": 8}, ALL),
                ({"state": 4, "share_until": today - 1}, set())):
            self.assertEqual(within_terms(header(**fields), ALL, today), left, fields)

    def test_may_hold(self):
        descriptor = {"kind": 1, "origin": f.CITY, "item": "test.penalty", "sharing_class": 1,
                      "generation": 1}
        policy = make([f.rule("a")], [("g-1", f.grant(recipients=[f.NATION, f.PROVINCE]))])

        def hold(recipient, hubs=(), given=policy, **fields):
            return may_hold(given, (recipient, SERVICE), descriptor, header(**fields), f.NOW_US,
                            hubs)

        self.assertEqual(hold(f.PROVINCE), ALL)
        self.assertEqual(hold(f.PROVINCE, state=4), {2, 3})
        self.assertEqual(hold(f.NATION, [(f.PROVINCE, SERVICE)]), ALL)
        self.assertEqual(hold(f.OTHER, [(f.PROVINCE, SERVICE)]), OPEN)
        self.assertEqual(hold(f.NATION, [(f.PROVINCE, "")]), {1})     # a hub adds nothing
        self.assertEqual(hold(f.NATION, [(f.OTHER, SERVICE)]), set())  # it may not carry
        self.assertEqual(hold(f.PROVINCE, given=(None, f.registry_body())), {1})


if __name__ == "__main__":
    unittest.main()
