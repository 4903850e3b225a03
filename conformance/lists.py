"""Revocation lists as documents, with their authority behind them; docs/formats/registry.md."""

import calendar
import hashlib
import os
import re
import subprocess
import tempfile
import time

from documents import key_id, rule


def split(body):
    """(list, certificate): two DER sequences, nothing between or behind them."""
    end = _sequence_end(body, 0)
    rule(_sequence_end(body, end) == len(body), "bytes follow the authority's certificate")
    return body[:end], body[end:]


def _sequence_end(data, start):
    head = data[start:start + 2]
    rule(len(head) == 2 and head[0] == 0x30, "not a sequence in DER")
    size, at = head[1], start + 2
    if size >= 0x80:
        digits = size & 0x7F
        rule(1 <= digits <= 3 and len(data) >= at + digits, "a length in DER")
        size, at = int.from_bytes(data[at:at + digits], "big"), at + digits
    rule(at + size <= len(data), "a sequence runs past the end")
    return at + size


def _openssl(folder, *command):
    done = subprocess.run(["openssl", *command], capture_output=True, check=False, cwd=folder)
    return done.returncode, done.stdout, done.stderr


def _write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)


def _pem(folder, name, ders):
    """Certificates as one PEM file."""
    text = b""
    for der in ders:
        _write(folder, "one.der", der)
        code, out, _ = _openssl(folder, "x509", "-inform", "DER", "-in", "one.der")
        rule(code == 0, "a certificate cannot be read")
        text += out
    _write(folder, name, text)


def _moment(text, name):
    found = re.search(rb"%b=(\w{3} +\d+ [\d:]{8} \d{4}) GMT" % name, text)
    rule(found, f"the list does not say its {name.decode()}")
    parsed = time.strptime(found[1].decode(), "%b %d %H:%M:%S %Y")
    return calendar.timegm(parsed) * 1000000


def is_authority(issuer, authorities):
    """Whether a certificate is one of the root's, or signed by one of those."""
    if issuer in authorities:
        return True
    with tempfile.TemporaryDirectory() as folder:
        _pem(folder, "issuer.pem", [issuer])
        _pem(folder, "roots.pem", authorities)
        code, _, _ = _openssl(folder, "verify", "-no_check_time", "-CAfile", "roots.pem",
                              "issuer.pem")
    return code == 0


def read_list(body, authorities):
    """Facts of a list that an authority of the root, or one signed by such a one, has signed.

    {issuer, issuer_key_id, number, digest, from_us, until_us}; `authorities`: the root's, in DER.
    """
    der, issuer = split(body)
    with tempfile.TemporaryDirectory() as folder:
        _write(folder, "list.der", der)
        _pem(folder, "issuer.pem", [issuer])
        rule(is_authority(issuer, authorities), "the authority is none of the root's")
        code, facts, said = _openssl(folder, "crl", "-inform", "DER", "-in", "list.der", "-noout",
                                     "-CAfile", "issuer.pem", "-crlnumber", "-lastupdate",
                                     "-nextupdate")
        rule(code == 0 and b"verify OK" in said, "the authority has not signed the list")
        _, usage, _ = _openssl(folder, "x509", "-in", "issuer.pem", "-noout", "-ext",
                               "basicConstraints,keyUsage")
        rule(b"CA:TRUE" in usage and b"CRL Sign" in usage, "who signs is no authority for lists")
        _openssl(folder, "x509", "-in", "issuer.pem", "-noout", "-pubkey", "-out", "key.pem")
        _, spki, _ = _openssl(folder, "pkey", "-pubin", "-in", "key.pem", "-outform", "DER")
    number = re.search(rb"crlNumber=(?:0x)?([0-9A-F]+)", facts)
    rule(number, "the list has no number")
    return {"issuer": issuer, "issuer_key_id": key_id(spki), "number": int(number[1], 16),
            "digest": hashlib.sha256(der).digest(), "from_us": _moment(facts, b"lastUpdate"),
            "until_us": _moment(facts, b"nextUpdate")}
