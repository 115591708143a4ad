"""HTTP routes that ask for no login, as far as their source shows: Flask, FastAPI and their like, Express and its."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

_VERBS = ("get", "post", "put", "patch", "delete", "route", "api_route")
_DECORATED = re.compile(rf"^\s*@[\w.]+\.({'|'.join(_VERBS)})\(", re.M)
_LOGIN = re.compile(
    r"auth(?!or(?!i[sz]))|log_?in|jwt|current_?user|permission|api_?key|verify_|\.verify\(|protect|signature|bearer"
    r"|session\[|session\.get\(['\"]|require[sd]?_?(user|admin|role|token)|is_?admin|security",
    re.I,
)
_FOR_ALL = re.compile(
    rf"(before_request|middleware|dependencies\s*=|\b\w+\.use\()[\s\S]{{0,200}}?({_LOGIN.pattern})", re.I
)
_PUBLIC = re.compile(
    r"/?$|(.*/)?(health\w*|ping|readyz?|livez?|log-?in|sign-?in|robots\.txt|favicon\.ico|static|\.well-known)(/|$)"
)
_EXPRESS = re.compile(
    r"^(?!\s*(?://|/?\*)).*\b(?:app|api|server|fastify|\w*router)"
    r"\.(get|post|put|patch|delete|all)\(\s*(['\"`])(/[^'\"`\n]*)\2\s*,",
    re.I | re.M,
)


def open_routes(name: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Line, method and path of each route in a file that neither itself nor the file asks for a login."""
    found: list[tuple[int, str, str, str]] = []
    if name.endswith(".py") and _DECORATED.search(text):
        found = list(_in_python(text))
    elif name.endswith((".js", ".mjs", ".cjs", ".ts")):
        found = list(_in_javascript(text))
    if found and not _FOR_ALL.search(text):
        for line, methods, path, shown in found:
            if not _PUBLIC.match(path) and not _LOGIN.search(shown):
                yield line, methods, path


def _in_python(text: str) -> Iterator[tuple[int, str, str, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        functions = [it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef)]
        for function in functions:
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute) and mark.func.attr in _VERBS:
                    named = [it.value for it in mark.keywords if it.arg in ("path", "rule")]
                    path = next((it.value for it in [*mark.args[:1], *named] if isinstance(it, ast.Constant)), None)
                    if isinstance(path, str) and path.startswith("/"):
                        said = ast.get_docstring(function, clean=False) or ""
                        shown = ast.unparse(function).replace(repr(path), "").replace(function.name, "", 1)
                        yield mark.lineno, _methods(mark, mark.func.attr), path, shown.replace(said, "")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # for another Python, or none


def _methods(mark: ast.Call, verb: str) -> str:
    if "route" not in verb:
        return verb.upper()
    named = [ast.unparse(it.value) for it in mark.keywords if it.arg == "methods"]
    return "/".join(re.findall(r"\w+", named[0])).upper() if named else "GET"


def _in_javascript(text: str) -> Iterator[tuple[int, str, str, str]]:
    marks = list(_EXPRESS.finditer(text))
    for mark, end in zip(marks, [*(it.start() for it in marks[1:]), len(text)], strict=False):
        shown = re.sub(r"(?<!:)//.*|/\*[\s\S]*?\*/", "", text[mark.end() : min(end, mark.end() + 600)])
        yield text.count("\n", 0, mark.start()) + 1, mark[1].upper(), mark[3], shown
