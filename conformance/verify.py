#!/usr/bin/env python3
"""Verifies Tombolo's formats without Tombolo: Python's standard library and the openssl command.

    verify.py vectors FOLDER             every test vector below FOLDER behaves as it says
    verify.py export FILE [--level N]    an export of a node (1 hashes, 2 signatures, 3 meaning)
    verify.py proof FILE [--key FILE]    the proof of one record; --key: the origin's key in DER

Exit code 0: all verified. 1: something does not hold; the first failures are named. 2: wrong use.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from export import check_export  # noqa: E402
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


def run_export(path, level):
    checker = check_export(path, level)
    for failure in checker.failures:
        print(failure)
    if checker.failure_count > len(checker.failures):
        print(f"... and {checker.failure_count - len(checker.failures)} more")
    print(checker.table())
    return 1 if checker.failure_count else 0


def run_proof(path, key_path):
    key = pathlib.Path(key_path).read_bytes() if key_path else None
    try:
        body = check_proof(json.loads(pathlib.Path(path).read_bytes()), key)
    except (FormatError, json.JSONDecodeError, UnicodeDecodeError) as error:
        print(f"{path}: {error}")
        return 1
    print(f"{path}: verified; signed by {body['origin']} at tick {body['tick']}, key id "
          f"{body['key_id'].hex()}" + ("" if key else " (compare it: the key came with the proof)"))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("vectors").add_argument("folder")
    export = commands.add_parser("export")
    export.add_argument("file")
    export.add_argument("--level", type=int, choices=(1, 2, 3), default=3)
    proof = commands.add_parser("proof")
    proof.add_argument("file")
    proof.add_argument("--key")
    args = parser.parse_args()
    try:
        if args.command == "vectors":
            return run_vectors(args.folder)
        if args.command == "export":
            return run_export(args.file, args.level)
        return run_proof(args.file, args.key)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
