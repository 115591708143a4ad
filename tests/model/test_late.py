"""Packages that are put off behave as if they had been imported."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys, time
from quarterdeck.model.late import put_off, put_off_grammars
put_off("no_such_package", "anything")
assert "no_such_package" not in sys.modules
put_off_grammars()
import jsonschema
assert "lark" not in sys.modules, "imported after all"
checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
assert checker.conforms("https://example.com/é", "iri") and not checker.conforms("http://[", "iri")
assert "lark" in sys.modules and sys.modules["rfc3987_syntax"].__file__
put_off_grammars()
assert sys.modules["rfc3987_syntax"].__file__, "what is imported is left alone"
"""


def test_a_module_that_is_put_off_is_imported_at_the_first_call() -> None:
    """jsonschema checks the format as before; nothing is imported until it does."""
    subprocess.run([sys.executable, "-c", CODE], check=True)
