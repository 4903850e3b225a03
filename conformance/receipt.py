"""A subscriber's signature for what it has stored; docs/formats/receipt.md."""

from audit import check_signed_body, read_id
from documents import ascending, refuse
from ledger import Reader, suite_of
from registry import signing_key
from wire import IMPLICIT, PACKED, REPEATED, FormatError, Message, Refused, encode

ITEM = Message("ReceiptItem", {
    1: ("stream_id", "bytes", IMPLICIT), 2: ("size", "u64", IMPLICIT),
    3: ("root", "bytes", IMPLICIT), 4: ("next_seqs", "u64", PACKED)})
RECEIPT = Message("Receipt", {
    1: ("body", "bytes", IMPLICIT), 2: ("items", ITEM, REPEATED),
    3: ("signature", "bytes", IMPLICIT)})

ITEMS_MAX = 20000


def items_digest(suite, items):
    data = b"TBR2" + suite.byte + len(items).to_bytes(4, "big")
    for item in items:
        encoded = encode(ITEM, item)
        data += len(encoded).to_bytes(4, "big") + encoded
    return suite.h(data)


def encode_body(body):
    out = b"TBR1" + bytes([body["suite"]])
    for name in ("subscriber", "publisher"):
        data = body[name].encode()
        out += len(data).to_bytes(2, "big") + data
    out += body["number"].to_bytes(8, "big") + body["time_us"].to_bytes(8, "big", signed=True)
    out += body["key_id"]
    out += body["registry_version"].to_bytes(8, "big") + body["policy_version"].to_bytes(8, "big")
    return out + body["items_digest"]


def decode_body(data):
    reader = Reader(data)
    suite = reader.begin(b"TBR1")
    body = {"suite": suite.number, "subscriber": read_id(reader), "publisher": read_id(reader),
            "number": reader.number(8), "time_us": reader.number(8, signed=True),
            "key_id": reader.take(32), "registry_version": reader.number(8),
            "policy_version": reader.number(8), "items_digest": reader.take(suite.hash_bytes)}
    reader.finish()
    if body["number"] < 1:
        raise FormatError("receipts count from 1")
    return body


def check_items(items):
    """The form of the items, by ascending stream id."""
    refuse(len(items) > ITEMS_MAX, "LIMIT_EXCEEDED", "too many items")
    if not ascending([item.get("stream_id", b"") for item in items]):
        raise FormatError("items out of order or twice")
    for item in items:
        size = len(item.get("stream_id", b""))
        if size not in (32, 48) or len(item.get("root", b"")) != size:
            raise FormatError("a stream id or root has a wrong size")
        positions = item.get("next_seqs", [])
        if len(positions) != 3 or any(n > item.get("size", 0) + 1 for n in positions):
            raise FormatError("the positions are not three up to the size plus 1")


def check_receipt(subscriber, receipt):
    """Everything but what the numbers mean. `subscriber`: the member; gives the decoded body."""
    data, items = receipt.get("body", b""), receipt.get("items", [])
    body = decode_body(data)
    check_items(items)
    refuse(body["subscriber"] != subscriber["id"], "SIGNATURE_INVALID", "of another subscriber")
    refuse(items_digest(suite_of(body["suite"]), items) != body["items_digest"],
           "DIGEST_MISMATCH", "other items than were signed for")
    check_signed_body(signing_key(subscriber, body["key_id"]), body, data,
                      receipt.get("signature", b""))
    return body


class Publisher:
    """What a publisher knows of one subscriber: `streams` maps a stream id to
    {"size": its own head's, "roots": {size: root} as far as it knows them}."""

    def __init__(self, node, subscriber, streams):
        self.node, self.subscriber, self.streams = node, subscriber, streams
        self.number, self.sizes = 0, {}

    def accept(self, receipt):
        try:
            body = check_receipt(self.subscriber, receipt)
        except Refused:
            raise
        except FormatError as error:
            raise Refused("NOT_CANONICAL", str(error)) from error
        refuse(body["publisher"] != self.node, "INVALID_ARGUMENT", "for another publisher")
        refuse(body["number"] <= self.number, "INVALID_ARGUMENT", "not a later receipt")
        sizes = {}
        for item in receipt.get("items", []):
            stream_id, size = item["stream_id"], item.get("size", 0)
            stream = self.streams.get(stream_id)
            refuse(stream is None, "STREAM_UNKNOWN", "a stream that was not offered")
            refuse(size > stream["size"], "INVALID_ARGUMENT", "more than there is")
            dropped = not any(item["next_seqs"])
            refuse(size < self.sizes.get(stream_id, 0) and not dropped, "INVALID_ARGUMENT",
                   "less than before")
            refuse(stream["roots"].get(size, item["root"]) != item["root"], "STREAM_FORKED",
                   "another root at this size")
            sizes[stream_id] = size
        self.number = body["number"]
        self.sizes.update(sizes)
        return body
