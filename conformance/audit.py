"""An audit trail: leaves, signed heads, countersignatures; docs/formats/audit_head.md."""

from documents import key_id, refuse
from ledger import (BY_NAME, NONCE_BYTES, Reader, Tree, check_checkpoint, check_consistency,
                    check_head, check_signature, suite_of)
from messages import DESCRIPTOR, check_audit_event
from proof import check_proof, parse_bytes, parse_object
from registry import signing_key
from wire import IMPLICIT, REPEATED, FormatError, Message, Refused, encode

STREAM_HEAD = Message("StreamHead", {
    1: ("stream_id", "bytes", IMPLICIT), 2: ("size", "u64", IMPLICIT),
    3: ("root", "bytes", IMPLICIT)})
HEAD_PROOF = Message("HeadProof", {
    1: ("head", STREAM_HEAD, IMPLICIT), 2: ("nonce", "bytes", IMPLICIT),
    3: ("index", "u32", IMPLICIT), 4: ("path", "bytes", REPEATED)})
CHECKPOINT = Message("Checkpoint", {
    1: ("body", "bytes", IMPLICIT), 2: ("signature", "bytes", IMPLICIT)})
HEAD = Message("Head", {
    1: ("checkpoint", CHECKPOINT, IMPLICIT), 2: ("proof", HEAD_PROOF, IMPLICIT)})

ID_BYTES_MAX = 255
FEED_OPENED, RECORDS_DISCLOSED, FEED_CLOSED = 22, 24, 25
NONE = {"epoch": 0, "tick": 0, "size": 0, "root": b""}


def audit_stream_id(suite, node, generation=1):
    return suite.stream_id(encode(DESCRIPTOR, {
        "kind": 2, "origin": node, "sharing_class": 4, "generation": generation}))


def check_signed_head(member, head):
    """(decoded checkpoint, stream head) of a Head message, under a signing key of the member."""
    checkpoint, proof = head.get("checkpoint", {}), head.get("proof", {})
    body = checkpoint.get("body", b"")
    try:
        # The key id stands before the batch root; decode_body, below, checks the whole.
        suite = suite_of(body[4] if len(body) > 4 else 0)
        named = body[-32 - suite.hash_bytes:-suite.hash_bytes]
        key = signing_key(member, named)
        decoded = check_checkpoint(BY_NAME[key["suite"]], key["spki"], body,
                                   checkpoint.get("signature", b""))
        stated = proof.get("head", {})
        refuse(decoded["origin"] != member["id"], "SIGNATURE_INVALID", "of another origin")
        refuse(len(proof.get("nonce", b"")) != NONCE_BYTES, "PROOF_INVALID", "the nonce")
    except Refused:
        raise
    except FormatError as error:
        raise Refused("SIGNATURE_INVALID", str(error)) from error
    try:
        check_head(decoded, stated.get("stream_id", b""), stated.get("size", 0),
                   stated.get("root", b""), proof["nonce"], proof.get("index", 0),
                   proof.get("path", []))
    except FormatError as error:
        raise Refused("PROOF_INVALID", str(error)) from error
    return decoded, {"stream_id": stated["stream_id"], "size": stated.get("size", 0),
                     "root": stated["root"]}


class Witness:
    """What one peer has accepted of a node's log."""

    def __init__(self, member, generation=1):
        self.member, self.generation, self.last = member, generation, dict(NONE)

    def accept(self, message):
        """Checks an AuditHead, as decoded; gives the head that may be countersigned."""
        decoded, head = check_signed_head(self.member, message.get("head", {}))
        suite = suite_of(decoded["suite"])
        refuse(head["stream_id"] != audit_stream_id(suite, self.member["id"], self.generation),
               "PROOF_INVALID", "not the node's audit log")
        last = self.last
        refuse(head["size"] == 0, "PROOF_INVALID", "a head without events")
        refuse(decoded["epoch"] < last["epoch"], "EPOCH_LOWER", "a lower epoch")
        refuse(decoded["epoch"] == last["epoch"] and decoded["tick"] < last["tick"],
               "PROOF_INVALID", "a lower tick")
        refuse(message.get("from_size", 0) != last["size"], "PROOF_INVALID",
               "from another size than the last one accepted")
        refuse(head["size"] < last["size"], "STREAM_SHRUNK", "the log became shorter")
        refuse(head["size"] == last["size"] and last["size"] and head["root"] != last["root"],
               "STREAM_FORKED", "the log has two roots")
        try:
            check_consistency(suite, last["size"], last["root"] or suite.h(b""), head["size"],
                              head["root"], message.get("path", []))
        except FormatError as error:
            raise Refused("PROOF_INVALID", str(error)) from error
        self.last = {**head, "epoch": decoded["epoch"], "tick": decoded["tick"]}
        return self.last


def encode_countersignature(body):
    out = b"TBW1" + bytes([body["suite"]])
    for name in ("witness", "node"):
        data = body[name].encode()
        out += len(data).to_bytes(2, "big") + data
    out += body["stream_id"]
    for name in ("epoch", "tick", "size"):
        out += body[name].to_bytes(8, "big")
    return (out + body["root"] + body["from_size"].to_bytes(8, "big")
            + body["time_us"].to_bytes(8, "big", signed=True) + body["key_id"])


def read_id(reader):
    size = reader.number(2)
    if not 1 <= size <= ID_BYTES_MAX:
        raise FormatError("an id is empty or too long")
    try:
        return reader.take(size).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("an id is not UTF-8") from error


def decode_countersignature(data):
    reader = Reader(data)
    suite = reader.begin(b"TBW1")
    body = {"suite": suite.number, "witness": read_id(reader), "node": read_id(reader)}
    rest = len(data) - reader.pos - 5 * 8 - 32
    if rest not in (64, 96):
        raise FormatError("the hashes have neither 32 nor 48 bytes")
    body["stream_id"] = reader.take(rest // 2)
    for name in ("epoch", "tick", "size"):
        body[name] = reader.number(8)
    body["root"] = reader.take(rest // 2)
    body["from_size"] = reader.number(8)
    body["time_us"] = reader.number(8, signed=True)
    body["key_id"] = reader.take(32)
    reader.finish()
    if body["epoch"] < 1 or body["tick"] < 1 or body["size"] < 1:
        raise FormatError("epoch, tick and size count from 1")
    if body["from_size"] > body["size"]:
        raise FormatError("the log became shorter")
    return body


def check_signed_body(key, body, data, signature):
    """A body that names its suite and signer, under that PublicKey."""
    suite = BY_NAME[key["suite"]]
    if body["suite"] != suite.number or body["key_id"] != key_id(key["spki"]):
        raise Refused("SIGNATURE_INVALID", "of another suite or key")
    try:
        check_signature(suite, key["spki"], data, signature)
    except FormatError as error:
        raise Refused("SIGNATURE_INVALID", str(error)) from error


def check_countersignature(witness, data, signature):
    """The decoded statement of the witness, a member."""
    body = decode_countersignature(data)
    refuse(body["witness"] != witness["id"], "SIGNATURE_INVALID", "of another witness")
    check_signed_body(signing_key(witness, body["key_id"]), body, data, signature)
    return body


def check_trail(suite, node, events, statements, generation=1):
    """A log against its witnesses. `events`: canonical bytes in order; `statements`: decoded.

    Gives the number of statements that the log bears out; refuses at the first it does not.
    """
    stream_id, due = audit_stream_id(suite, node, generation), {}
    for body in statements:
        refuse(body["node"] != node or body["stream_id"] != stream_id, "PROOF_INVALID",
               "a statement about another log")
        refuse(body["size"] > len(events), "STREAM_SHRUNK",
               f"{body['witness']} has seen {body['size']} events, there are {len(events)}")
        due.setdefault(body["size"], []).append(body)
    tree = Tree(suite)
    for size in range(len(events) + 1):
        if size:
            check_audit_event(events[size - 1])
            tree.append(suite.leaf(events[size - 1]))
        for body in due.get(size, []):
            refuse(tree.root() != body["root"], "STREAM_FORKED",
                   f"{body['witness']} has seen another log of {size} events")
    return len(statements)


class Feeds:
    """What went out lies within what was open: take() each event of a log in order."""

    def __init__(self):
        self.open, self.disclosed = {}, 0

    def take(self, event):
        if event.get("outcome") != "OK":
            return
        for item in event.get("ranges", []):
            key = (event.get("correlation_id"), event.get("peer"), item["stream_id"])
            if event["type"] == FEED_OPENED:
                self.open[key] = (item["first_seq"], item.get("last_seq", 0),
                                  event.get("layers", 0))
            elif event["type"] == FEED_CLOSED:
                self.open.pop(key, None)
            elif event["type"] == RECORDS_DISCLOSED:
                self.check(self.open.get(key), item, event)
                self.disclosed += 1

    @staticmethod
    def check(feed, item, event):
        if feed is None:
            raise FormatError("records went out, and no feed was open")
        first, last, layers = feed
        if item["first_seq"] < first or (last and item["last_seq"] > last):
            raise FormatError("records went out beyond the feed that was open")
        if event.get("layers", 0) & ~layers:
            raise FormatError("layers went out that the open feed did not have")


def check_event_proof(value, trusted_key=None):
    """(decoded event, checkpoint body) of an EventProof in JSON; FormatError if it is wrong."""
    both = parse_object(value, {"event", "proof"}, "the event proof")
    event, proof = parse_bytes(both.get("event", "")), both.get("proof")
    body = check_proof(proof, trusted_key)
    inner = parse_object(proof, None, "the proof")
    stream, entry = inner["stream"], parse_object(inner["entry"], None, "the entry")
    if stream.get("kind") != "AUDIT":
        raise FormatError("the proof is not of an audit log")
    if parse_bytes(entry.get("leaf_hash", "")) != suite_of(body["suite"]).leaf(event):
        raise FormatError("the proof is of another event")
    return check_audit_event(event), body
