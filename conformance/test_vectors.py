"""The vectors that Python makes are those in the files, and all vectors behave as they say."""

import json
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from make_vectors import FOLDER, make  # noqa: E402
from vector_files import check_vector  # noqa: E402


class MadeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = make()

    def test_the_files_are_what_is_made(self):
        for path, text in self.made.items():
            self.assertEqual((FOLDER / path).read_text(encoding="utf-8"), text, path)
        for folder in {path.split("/")[0] for path in self.made}:
            for file in (FOLDER / folder).iterdir():
                self.assertIn(f"{folder}/{file.name}", self.made)

    def test_they_behave_as_they_say(self):
        bad = 0
        for path, text in self.made.items():
            vector = json.loads(text)
            self.assertIsNone(check_vector(vector), path)
            bad += -1 if vector["valid"] else 1
        self.assertGreater(bad, 0, "more damaged ones than sound ones")

    def test_a_vector_with_another_code_is_found(self):
        damaged = [json.loads(t) for t in self.made.values() if '"code"' in t]
        self.assertGreater(len(damaged), 50)
        for vector in damaged[::5]:
            self.assertIn("not OTHER", check_vector({**vector, "code": "OTHER"}))

    def test_a_sound_vector_that_says_something_else_is_found(self):
        for path, text in self.made.items():
            vector = json.loads(text)
            for key in ("leaves", "frames", "left", "active", "size", "items_digest", "entries"):
                if vector["valid"] and key in vector:
                    other = {**vector, key: 1 if key == "size" else None}
                    self.assertIsNotNone(check_vector(other), f"{path} {key}")


if __name__ == "__main__":
    unittest.main()
