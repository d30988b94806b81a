#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each planted violation is found, and a clean tree is not accused."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check_includes.py")
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        run = subprocess.run([sys.executable, CHECK, folder],
                             capture_output=True, text=True)
        return run.returncode, run.stdout


class CheckIncludes(unittest.TestCase):
    def assert_found(self, name, text, words):
        status, output = check({name: text})
        self.assertEqual(status, 1, output)
        self.assertIn(words, output)

    def test_a_clean_tree_passes(self):
        status, output = check({
            "sensor/decode/decode.cc": SPDX + '#include "model/event.h"\n',
            "sensor/match/pattern_set.cc": SPDX + "#include <re2/set.h>\n",
        })
        self.assertEqual(status, 0, output)

    def test_a_stage_that_includes_its_neighbour(self):
        self.assert_found("sensor/decode/decode.cc",
                          SPDX + '#include "correlate/correlate.h"\n',
                          "decode.cc:2: decode may not include correlate/correlate.h")

    def test_model_that_includes_the_kernel_contract(self):
        self.assert_found("sensor/model/event.h", SPDX + '#include "bpf/event.h"\n',
                          "model may not include bpf/event.h")

    def test_a_third_party_header_in_the_wrong_file(self):
        self.assert_found("sensor/match/match.h", SPDX + "#include <re2/re2.h>\n",
                          "match.h:2: includes re2/re2.h")

    def test_a_pure_stage_that_opens_files(self):
        self.assert_found("sensor/match/match.cc", SPDX + "#include <fstream>\n",
                          "does not open files")

    def test_a_module_that_nobody_planned(self):
        self.assert_found("sensor/misc/x.cc", SPDX + "#include <string>\n",
                          "module misc is not in allowed.txt")

    def test_a_file_that_is_too_long(self):
        self.assert_found("sensor/base/x.cc", SPDX + "\n" * 500, "501 lines, at most 500")
        self.assert_found("sensor/app/main.cc", SPDX + "\n" * 80, "at most 80")

    def test_a_function_that_is_too_long(self):
        body = "int F() {\n" + "  G();\n" * 60 + "  return 0;\n}\n"
        self.assert_found("sensor/base/x.cc", SPDX + body, "F has 63 lines, at most 60")

    def test_a_path_of_one_machine(self):
        self.assert_found("docs/x.md", "see /ho" "me/kim/notes\n", "path of one machine")

    def test_a_source_without_a_licence_line(self):
        self.assert_found("sensor/base/x.h", "int x;\n", "has no SPDX line")

    def test_an_empty_tree_is_no_pass(self):
        self.assertEqual(check({})[0], 1)


if __name__ == "__main__":
    unittest.main()
