"""A subscriber of tombolo/1, written from docs/protocol.md alone.

`Session` is pure: frames in, frames out. `connect` and `run` put it on a socket:

    exchange.run(exchange.connect(endpoint, files, member), session)
"""

import hashlib
import os
import socket
import ssl
import subprocess
import tempfile
import time

from audit import Witness, encode_countersignature
from documents import (GRANT, POLICY, check_document, digest, key_id, refuse)
from frames import DATA, HEADING, FrameReader, read_payload, write_frame
from ledger import BY_NAME, SUITES
from messages import check_descriptor
from policy import Policy, Question, layers_of
from receipt import encode_body, items_digest
from registry import find, may_carry
from streams import Checkpoints, Stream, bits
from wire import FormatError, Refused

VERSION = 1
CREDIT = 8 << 20
CREDIT_MAX = 256 << 20
PATH_MAX = 8
PING_MS = 10000


class Signer:
    """Signs with a key in a PEM file, by the openssl command."""

    def __init__(self, key_path, suite_name):
        self.key_path, self.suite = key_path, BY_NAME[suite_name]
        self.spki = subprocess.run(
            ["openssl", "pkey", "-in", key_path, "-pubout", "-outform", "DER"], check=True,
            capture_output=True).stdout
        self.key_id = key_id(self.spki)

    def sign(self, data):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "data")
            with open(path, "wb") as out:
                out.write(data)
            command = ["openssl", "pkeyutl", "-sign", "-inkey", self.key_path, "-rawin", "-in",
                       path]
            if self.suite.number != 1:
                command += ["-digest", "sha256" if self.suite.number == 2 else "sha384"]
            return subprocess.run(command, check=True, capture_output=True).stdout


class Session:
    """One session as subscriber `me` of the node `peer`.

    `trust`: a registry.Trust that has a registry; `codes`: policy.Codes; `signer` may be None: then
    neither receipts nor countersignatures are made. `out` collects frames as bytes.
    """

    def __init__(self, me, peer, trust, codes, purpose="", items=(), signer=None):
        self.me, self.peer, self.trust, self.codes = me, peer, trust, codes
        self.purpose, self.items, self.signer = purpose, list(items), signer
        self.reader, self.out, self.number = FrameReader(), bytearray(), 0
        self.hello, self.subscribed, self.ended, self.credit = None, False, None, CREDIT
        self.documents, self.refused = {}, []  # (kind, origin, id): document
        self.streams, self.checkpoints, self.changed = {}, Checkpoints(), set()
        self.witness, self.receipts, self.last_statement = None, 0, None

    def send(self, name, values):
        self.number += 1
        self.out += write_frame(name, values, self.number)

    def begin(self, now_us):
        trust = self.trust
        self.send("HELLO", {
            "node": self.me, "versions": [VERSION], "program": "conformance", "time_us": now_us,
            "registry_version": trust.registry["version"], "root_version": trust.root["version"],
            "timestamp_version": trust.timestamp["version"] if trust.timestamp else 0,
            "credit_bytes": CREDIT, "ping_interval_ms": PING_MS})

    def receive(self, data, now_us):
        """Takes bytes; a refusal is sent to the peer and raised."""
        try:
            self.reader.feed(data)
            while (frame := self.reader.next()) is not None:
                self._frame(*frame, now_us)
        except Refused as error:
            self.send("REFUSAL", {"code": error.code, "message": "refused", "retry": False})
            self.ended = error.code
            raise

    def _frame(self, name, payload, now_us):
        refuse(self.ended is not None, "FRAME_ORDER", f"{name} after the last frame")
        refuse((name == "HELLO") != (self.hello is None) and name not in ("REFUSAL", "BYE"),
               "FRAME_ORDER", f"{name} before or beside HELLO")
        if name in DATA:
            self.credit -= len(payload) + HEADING
            refuse(self.credit < 0, "CREDIT_EXCEEDED", "more than was given")
        message = read_payload(name, payload)
        getattr(self, "_on_" + name.lower())(message, now_us)
        if name in DATA:  # what is held in memory counts as stored here
            self.credit += len(payload) + HEADING
            self.send("CREDIT", {"bytes": len(payload) + HEADING})

    def _on_hello(self, message, now_us):
        refuse(message.get("node") != self.peer, "PEER_KEY_MISMATCH", "another node")
        refuse(VERSION not in message.get("versions", []), "PROTOCOL_VERSION", "no common version")
        refuse(not CREDIT <= message.get("credit_bytes", 0) <= CREDIT_MAX, "FRAME_INVALID",
               "credit outside the limits")
        refuse(not 1000 <= message.get("ping_interval_ms", 0) <= 60000, "FRAME_INVALID",
               "ping interval outside the limits")
        self.hello = message

    def _on_ping(self, message, now_us):
        pass

    _on_credit = _on_alarm = _on_countersignature = _on_held = _on_subscribe = _on_ping

    def _on_refusal(self, message, now_us):
        self.ended = message.get("code", "") or "REFUSAL"

    def _on_bye(self, message, now_us):
        self.ended = "BYE"

    def _on_fill(self, message, now_us):
        refuse(True, "FRAME_ORDER", "nothing was offered")

    _on_receipt = _on_fill

    def _on_document(self, message, now_us):
        document = message.get("document", {})
        kind = document.get("kind", 0)
        own_policy = False
        try:
            if kind not in (POLICY, GRANT):
                self.trust.offer(document, now_us)
                return
            body = check_document(document)
            own_policy = kind == POLICY and body.get("origin") == self.peer
            self._keep(document, body)
        except Refused as error:
            self.refused.append((kind, error.code))
            if own_policy:
                raise

    def _keep(self, document, body):
        key = document["kind"], body.get("origin", ""), body.get("id", "")
        held = self.documents.get(key)
        if document["kind"] == POLICY:
            Policy(document, [], self.codes, self.trust.registry)  # refused: not kept
        if held:
            version = check_document(held)["version"]
            refuse(body["version"] < version, "DOCUMENT_ROLLBACK", "a lower version")
            refuse(body["version"] == version and digest(document) != digest(held),
                   "DOCUMENT_FORKED", "another of this version")
        self.documents[key] = document

    def policy_of(self, origin):
        """The origin's Policy with those grants at hand that it names; None if it has none."""
        document = self.documents.get((POLICY, origin, ""))
        if document is None:
            return None
        named = {item["digest"] for item in check_document(document).get("grants", [])}
        grants = [d for (kind, of, _), d in sorted(self.documents.items())
                  if kind == GRANT and of == origin and digest(d) in named]
        return Policy(document, grants, self.codes, self.trust.registry)

    def ready(self):
        """Whether everything that HELLO named is there, so that SUBSCRIBE may be sent."""
        if self.hello is None or self.subscribed:
            return False
        policy = self.documents.get((POLICY, self.peer, ""))
        version = check_document(policy)["version"] if policy else 0
        trust = self.trust
        stamp = trust.timestamp["version"] if trust.timestamp else 0
        return (trust.root["version"] >= self.hello.get("root_version", 0)
                and trust.registry["version"] >= self.hello.get("registry_version", 0)
                and stamp >= self.hello.get("timestamp_version", 0)
                and version >= self.hello.get("policy_version", 0))

    def subscribe(self):
        self.send("HELD", {"streams": [
            {"stream_id": s.stream_id, "size": s.tree.size, "root": s.tree.root(),
             "epoch": s.head["epoch"] if s.head else 0, "tick": s.head["tick"] if s.head else 0,
             "cursors": sorted({c for c in s.cursor.values() if c})}
            for _, s in sorted(self.streams.items())]})
        self.send("SUBSCRIBE", {"purpose": self.purpose, "items": self.items})
        self.subscribed = True

    def _own_decision(self, descriptor, now_us):
        question = Question(self.trust.registry, self.me, self.purpose, descriptor["item"],
                            descriptor["sharing_class"], now_us)
        return layers_of(self.policy_of(descriptor["origin"]), question)

    def _on_offer(self, message, now_us):
        refuse(not self.subscribed, "FRAME_ORDER", "OFFER before SUBSCRIBE")
        data, path = message.get("stream_descriptor", b""), message.get("path", [])
        try:
            descriptor = check_descriptor(data)
        except FormatError as error:
            raise Refused("NOT_CANONICAL", str(error)) from error
        refuse(descriptor["kind"] != 1, "STREAM_UNKNOWN", "an audit log is not offered")
        refuse(message.get("layers", 0) > 7, "FRAME_INVALID", "more than three layers")
        origin = find(self.trust.registry, descriptor["origin"])
        refuse(origin is None or not may_carry(self.trust.registry, self.peer, origin["id"]),
               "RELAY_REFUSED", "the peer may not carry this origin")
        refuse(not path or path[0] != origin["id"] or path[-1] != self.peer
               or len(path) > PATH_MAX or self.me in path, "LOOP_DETECTED", "the path")
        layers = bits(message.get("layers", 0))
        refuse(layers - self._own_decision(descriptor, now_us), "CLASS_WIDENED",
               "more than this node finds for itself")
        suite = BY_NAME[origin["signing_keys"][0]["suite"]]
        stream_id = suite.stream_id(data)
        stream = self.streams.setdefault(stream_id, Stream(origin, descriptor, suite, stream_id,
                                                           self.checkpoints))
        stream.origin = origin
        stream.offer(layers, path)

    def _stream(self, stream_id):
        refuse(not self.subscribed, "FRAME_ORDER", "before SUBSCRIBE")
        stream = self.streams.get(stream_id)
        refuse(stream is None or not stream.layers, "STREAM_UNKNOWN", "not offered")
        return stream

    def _on_head(self, message, now_us):
        head = message.get("proof", {}).get("head", {})
        stream = self._stream(head.get("stream_id", b""))
        try:
            stream.on_head(message)
        finally:
            if stream.alarm:
                self.send("ALARM", stream.alarm)

    def _on_entries(self, message, now_us):
        stream = self._stream(message.get("stream_id", b""))
        if stream.on_entries(message):
            self.changed.add(stream.stream_id)

    def _on_layers(self, message, now_us):
        stream = self._stream(message.get("stream_id", b""))
        if stream.on_layers(message):
            self.changed.add(stream.stream_id)

    def _on_audit_head(self, message, now_us):
        member = find(self.trust.registry, self.peer)
        self.witness = self.witness or Witness(member)
        before = self.witness.last["size"]
        if message.get("from_size", 0) != before:
            if self.last_statement:
                self.send("COUNTERSIGNATURE", self.last_statement)
            return
        seen = self.witness.accept(message)
        if self.signer:
            body = encode_countersignature({
                **seen, "suite": self.signer.suite.number, "witness": self.me, "node": self.peer,
                "from_size": before, "time_us": now_us, "key_id": self.signer.key_id})
            self.last_statement = {"body": body, "signature": self.signer.sign(body)}
            self.send("COUNTERSIGNATURE", self.last_statement)

    def receipt(self, now_us):
        """Signs for what changed since the last one."""
        items = [{"stream_id": s.stream_id, "size": s.tree.size, "root": s.tree.root(),
                  "next_seqs": [s.next_seq.get(n, 0) for n in (1, 2, 3)]}
                 for _, s in sorted(self.streams.items()) if s.stream_id in self.changed]
        policy = self.documents.get((POLICY, self.peer, ""))
        self.receipts += 1
        suite = SUITES[self.signer.suite.number]
        body = encode_body({
            "suite": suite.number, "subscriber": self.me, "publisher": self.peer,
            "number": self.receipts, "time_us": now_us, "key_id": self.signer.key_id,
            "registry_version": self.trust.registry["version"],
            "policy_version": check_document(policy)["version"] if policy else 0,
            "items_digest": items_digest(suite, items)})
        self.changed.clear()
        self.send("RECEIPT", {"body": body, "items": items, "signature": self.signer.sign(body)})


def check_peer(tls, member):
    """Whom the TLS session proves: one URI SAN, and a key of the member."""
    names = [value for kind, value in tls.getpeercert().get("subjectAltName", ())
             if kind == "URI"]
    refuse(names != [member["id"]], "PEER_KEY_MISMATCH", f"the certificate is of {names}")
    pem = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-pubkey"],
                         input=tls.getpeercert(True), check=True, capture_output=True).stdout
    spki = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem, check=True,
                          capture_output=True).stdout
    refuse(hashlib.sha256(spki).digest() not in member["tls_keys"], "PEER_KEY_MISMATCH",
           "the key is not the member's")


def connect(address, files, member):
    """Dials, checks who answers, upgrades. `files`: PEM: chain, key, roots and, if any, lists."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.load_cert_chain(files["chain"], files["key"])
    context.load_verify_locations(files["roots"])
    if files.get("lists"):
        context.load_verify_locations(files["lists"])
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    plain = socket.create_connection(address, timeout=10)
    try:
        tls = context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise
    try:
        check_peer(tls, member)
        _upgrade(tls, address)
    except (Refused, OSError):
        tls.close()
        raise
    return tls


def _upgrade(tls, address):
    tls.sendall(b"GET /exchange HTTP/1.1\r\nHost: %b\r\nConnection: Upgrade\r\n"
                b"Upgrade: tombolo/1\r\n\r\n" % address[0].encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = tls.recv(1)
        refuse(not byte or len(head) > 16384, "UNAVAILABLE", f"no upgrade: {head[:60]!r}")
        head += byte
    refuse(not head.startswith(b"HTTP/1.1 101 "), "UNAVAILABLE", f"no upgrade: {head[:60]!r}")


def run(connection, session, seconds=10):
    """Speaks for so long, or until the session ends; then signs for what it has, and says BYE."""
    def now_us():
        return time.time_ns() // 1000

    end = now_us() + seconds * 1000000
    connection.settimeout(PING_MS / 2000)
    session.begin(now_us())
    try:
        while session.ended is None and now_us() < end:
            connection.sendall(session.out)
            session.out.clear()
            try:
                data = connection.recv(65536)
            except TimeoutError:
                session.send("PING", {"time_us": now_us()})
                continue
            if not data:
                return
            session.receive(data, now_us())
            if session.ready():
                session.subscribe()
        if session.ended is None:
            if session.signer and session.changed:
                session.receipt(now_us())
            session.send("BYE", {"reason": "IDLE"})
    finally:
        connection.sendall(session.out)
        connection.close()
