#!/usr/bin/env python3
"""Verifies Tombolo's formats without Tombolo: Python's standard library and the openssl command.

    verify.py vectors FOLDER             every test vector below FOLDER behaves as it says
    verify.py export FILE [--level N]    an export of a node (1 hashes, 2 signatures, 3 meaning);
                                         --federation DIR: under a key of the registry there
    verify.py proof FILE [--key FILE]    the proof of one record; --key: the origin's key in DER
    verify.py event FILE [--key FILE]    the proof of one audit event

Exit code 0: all verified. 1: something does not hold; the first failures are named. 2: wrong use.
"""

import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from audit import check_event_proof  # noqa: E402
from export import check_export  # noqa: E402
from holdings import public_key_of, read_trust  # noqa: E402
from proof import check_proof  # noqa: E402
from vector_files import check_folder  # noqa: E402
from wire import FormatError  # noqa: E402


def run_vectors(folder):
    good, failures = check_folder(folder)
    for failure in failures:
        print(failure)
    print(f"{good} vectors as they should be, {len(failures)} FAILURES" if failures
          else f"{good} vectors, all as they should be")
    return 1 if failures or good == 0 else 0


def check_signer(checker, folder):
    """That the export's key is the origin's, by root.json and registry.json of the folder."""
    try:
        trust = read_trust(folder, time.time_ns() // 1000)
        if not public_key_of(trust.registry, checker.origin, checker.public_key):
            checker.fail("line 1", f"the registry has no such signing key of {checker.origin}")
    except FormatError as error:
        checker.fail("federation", str(error))


def run_export(path, level, folder):
    checker = check_export(path, level)
    if folder:
        check_signer(checker, folder)
    for failure in checker.failures:
        print(failure)
    if checker.failure_count > len(checker.failures):
        print(f"... and {checker.failure_count - len(checker.failures)} more")
    print(checker.table())
    return 1 if checker.failure_count else 0


def run_proof(check, path, key_path):
    key = pathlib.Path(key_path).read_bytes() if key_path else None
    try:
        body = check(json.loads(pathlib.Path(path).read_bytes()), key)
    except (FormatError, json.JSONDecodeError, UnicodeDecodeError) as error:
        print(f"{path}: {error}")
        return 1
    print(f"{path}: verified; signed by {body['origin']} at tick {body['tick']}, key id "
          f"{body['key_id'].hex()}" + ("" if key else " (compare it: the key came with the proof)"))
    return 0


def check_event(value, key):
    event, body = check_event_proof(value, key)
    print(f"event of type {event['type']} by {event['actor']}, outcome {event['outcome']}")
    return body


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("vectors").add_argument("folder")
    export = commands.add_parser("export")
    export.add_argument("file")
    export.add_argument("--level", type=int, choices=(1, 2, 3), default=3)
    export.add_argument("--federation")
    for name in ("proof", "event"):
        proof = commands.add_parser(name)
        proof.add_argument("file")
        proof.add_argument("--key")
    args = parser.parse_args()
    try:
        if args.command == "vectors":
            return run_vectors(args.folder)
        if args.command == "export":
            return run_export(args.file, args.level, args.federation)
        return run_proof(check_proof if args.command == "proof" else check_event, args.file,
                         args.key)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
