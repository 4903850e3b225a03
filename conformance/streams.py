"""What a subscriber holds of one stream, and the checks before it takes more of it.

Docs/protocol.md, "What the subscriber checks" and "Heads".
"""

from audit import check_signed_head
from documents import refuse
from frames import PUT, RETRACT, TOMBSTONE, check_header, read_entries, read_layers
from ledger import Tree, check_consistency, suite_of
from wire import FormatError, Refused

ALARMS = ("STREAM_FORKED", "STREAM_SHRUNK", "EPOCH_LOWER")


def bits(mask):
    return {layer for layer in (1, 2, 3) if mask >> layer - 1 & 1}


class Checkpoints:
    """Bodies seen of each origin's checkpoints, shared by all streams: (origin, epoch, tick)."""

    def __init__(self):
        self.bodies = {}

    def add(self, decoded, body):
        key = decoded["origin"], decoded["epoch"], decoded["tick"]
        refuse(self.bodies.setdefault(key, body) != body, "STREAM_FORKED",
               "two checkpoints of one epoch and tick")


class Stream:
    """One stream of an origin; `layers`: the set that the last OFFER gives."""

    def __init__(self, origin, descriptor, suite, stream_id, checkpoints):
        self.origin, self.descriptor, self.suite = origin, descriptor, suite
        self.stream_id, self.checkpoints = stream_id, checkpoints
        self.layers, self.path = set(), []
        self.tree = Tree(suite)
        self.head = None       # the newest accepted: epoch, tick, size, root, message
        self.entries = []      # as of frames.read_entries; the first has number 1
        self.cursor = {}       # layer: the last cursor
        self.next_seq = {}     # layer: first entry not held
        self.alarm = None      # both Head messages, after a refusal of ALARMS

    def _judge(self, decoded, head):
        """True: a new target; False: passed over; docs/protocol.md, "Heads"."""
        refuse(decoded["epoch"] < self.origin["epoch_min"], "EPOCH_LOWER", "below epoch_min")
        held = self.head
        if held is None:
            return True
        refuse(decoded["epoch"] < held["epoch"], "EPOCH_LOWER", "below the one held")
        if decoded["epoch"] == held["epoch"] and decoded["tick"] < held["tick"]:
            refuse(head["size"] > held["size"], "STREAM_SHRUNK", "an older head was larger")
            return False
        refuse(head["size"] < held["size"], "STREAM_SHRUNK", "the stream became shorter")
        refuse(head["size"] == held["size"] and head["root"] != held["root"], "STREAM_FORKED",
               "two roots of one size")
        return True

    def on_head(self, message):
        decoded, head = check_signed_head(self.origin, message)
        refuse(suite_of(decoded["suite"]) is not self.suite
               or head["stream_id"] != self.stream_id, "STREAM_UNKNOWN", "of another stream")
        try:
            self.checkpoints.add(decoded, message["checkpoint"]["body"])
            if self._judge(decoded, head):
                self.head = {**head, "epoch": decoded["epoch"], "tick": decoded["tick"],
                             "message": message}
        except Refused as error:
            if error.code in ALARMS and self.head:
                self.alarm = {"code": error.code, "first": self.head["message"],
                              "second": message}
            raise

    def on_entries(self, page):
        """Takes a page; gives the entries that are new, [] for a repeat."""
        refuse(self.head is None, "STREAM_UNKNOWN", "entries before a HEAD")
        entries = read_entries(self.suite, page)
        beyond = {layer for e in entries for layer in e.get("shown", {})} - self.layers
        refuse(beyond, "CLASS_WIDENED", "a layer beyond the offer")
        refuse(entries[0]["seq"] > self.tree.size + 1, "STREAM_GAP", "entries are missing")
        fresh = entries[self.tree.size + 1 - entries[0]["seq"]:]
        if not fresh:
            return []
        for entry in fresh:
            if entry["type"]:
                entry["fields"] = check_header(entry)
        tree = Tree(self.suite)
        tree.size, tree.stack = self.tree.size, list(self.tree.stack)
        for entry in fresh:
            tree.append(entry["leaf"])
        try:
            check_consistency(self.suite, tree.size, tree.root(), self.head["size"],
                              self.head["root"], page.get("path", []))
        except FormatError as error:
            raise Refused("PROOF_INVALID", str(error)) from error
        level = {n for n in self.layers if self.next_seq.get(n, 1) == self.tree.size + 1}
        self.tree = tree
        self.entries += fresh
        for layer in level:
            self.next_seq[layer], self.cursor[layer] = tree.size + 1, page.get("cursor", b"")
        self._carry_out(fresh)
        return fresh

    def _carry_out(self, entries):
        """Content and salts of what a tombstone names go."""
        for entry in entries:
            for seq in entry["fields"]["erased_seqs"] if entry["type"] == TOMBSTONE else ():
                self.entries[seq - 1].pop("shown", None)

    def on_layers(self, page):
        """Adds a layer to entries that are held; gives how many."""
        found = read_layers(self.suite, page)
        layer = page["layer"]
        refuse(layer not in self.layers, "CLASS_WIDENED", "a layer beyond the offer")
        refuse(page["last_seq"] > self.tree.size, "STREAM_GAP", "of entries that are not held")
        for seq, salt, content in found:
            entry = self.entries[seq - 1]
            refuse(entry["type"] != PUT
                   or self.suite.layer_hash(layer, salt, content) != entry["hashes"][layer - 1],
                   "DIGEST_MISMATCH", f"entry {seq} has another layer")
        for seq, salt, content in found:
            if "shown" in self.entries[seq - 1]:
                self.entries[seq - 1]["shown"][layer] = (salt, content)
        if page["first_seq"] <= self.next_seq.get(layer, 1) <= page["last_seq"]:
            self.next_seq[layer] = page["last_seq"] + 1
            self.cursor[layer] = page.get("cursor", b"")
        return len(found)

    def offer(self, layers, path):
        """The layers of the last OFFER; those that it takes are dropped."""
        for layer in self.layers - layers:
            self.next_seq.pop(layer, None)
            self.cursor.pop(layer, None)
            for entry in self.entries:
                entry.get("shown", {}).pop(layer, None)
        self.layers, self.path = layers, path

    def incomplete(self, today):
        """[(seq, layer)] without content and without explanation; stub_and_tombstone.md."""
        later, named, out = {}, set(), []
        for entry in reversed(self.entries):
            if entry["type"] == TOMBSTONE:
                named.update(entry["fields"]["erased_seqs"])
            elif entry["type"] == 0:
                out += [(entry["seq"], 0)] if entry["seq"] not in named else []
            else:
                key, version = entry["fields"]["record_id"], entry["fields"]["version"]
                if entry["type"] == PUT and entry["seq"] not in named \
                        and later.get(key, 0) <= version:
                    out += self._missing(entry, today)
                later[key] = max(version, later.get(key, 0))
        return sorted(out)

    def _missing(self, entry, today):
        fields, level = entry["fields"], {n for n in self.layers
                                          if self.next_seq.get(n, 1) > entry["seq"]}
        if fields.get("share_until", today) < today:
            return []
        if fields.get("publish_until", today) < today:
            level.discard(1)
        return [(entry["seq"], layer) for layer in level if layer not in entry["shown"]]

    def current(self):
        """record_id: entry with the highest version held in this stream; retracted ones are not
        in it."""
        out = {}
        for entry in self.entries:
            if entry["type"] in (PUT, RETRACT):
                key = entry["fields"]["record_id"]
                if key not in out or out[key]["fields"]["version"] < entry["fields"]["version"]:
                    out[key] = entry
        return {key: entry for key, entry in out.items() if entry["type"] == PUT}
