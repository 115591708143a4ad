"""The package for Lambda, made without Docker: what the lock pins, less what nothing there needs, and Quarterdeck."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from .. import __version__
from ..model.errors import QuarterdeckError

_OWN = Path(__file__).parent.parent
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
MOST = 250 * 2**20
"""Bytes that Lambda takes of a package, unpacked."""
# Debugging, completion, building, collecting, and drawing by a browser, which is not there.
_LEFT_OUT = (
    "choreographer debugpy editables et-xmlfile hatchling jedi kaleido logistro openpyxl parso pathspec "
    "pillow pluggy simplejson trove-classifiers"
)
_SERVICES = "cloudfront dynamodb lambda s3 secretsmanager sesv2 sns sqs sts"
_UNUSED = re.compile(
    r"(.*/)?(tests|__pycache__)/|.*\.(pyi|pyx|pxd|h|c)$|[^/]+\.dist-info/(RECORD|INSTALLER|REQUESTED)$|(bin|etc)/|\.lock$"
    r"|share/(?!jupyter/nbconvert/)|numpy/(distutils|f2py)/|plotly/(labextension|package_data/(datasets|widgetbundle))"
    rf"|boto3/examples/|botocore/data/(?!({_SERVICES.replace(' ', '|')}|[^/]+\.json)(/|$))"
)


@dataclass(frozen=True)
class Package:
    """A zip, the SHA-256 of its content in hex, its size unpacked in bytes and that of each folder, largest first."""

    path: Path
    sha256: str
    size: int
    folders: list[tuple[str, int]]
    compiled: bool

    @property
    def key(self) -> str:
        """Its name in a bucket: another content has another."""
        return f"code/{self.sha256}.zip"

    @property
    def told(self) -> str:
        """Its size in words."""
        late = "" if self.compiled else ", slow to start: `uv python install` would have compiled it"
        return f"{self.path.name}: {self.path.stat().st_size / 2**20:.0f} MB, {self.size / 2**20:.0f} unpacked{late}."


def package(root: Path, into: Path, python: str = "3.13", arch: str = "x86_64") -> Package:
    """Make the zip of a project's lock for a Python and a processor: the same bytes from the same lock and code.

    What lies in the project's `cloud/` goes to its top: a handler of one's own that mounts this one. Without an
    interpreter of that version nothing is compiled ahead, and each cold start is some seconds slower. Raises
    QuarterdeckError for code that is no Python, a missing tool or lock, and a package that Lambda would refuse.
    """
    if arch not in PLATFORMS:
        raise QuarterdeckError("--arch", f"{arch!r} is no processor of Lambda", f"Choose {' or '.join(PLATFORMS)}")
    _check([*_OWN.rglob("*.py"), *root.glob("cloud/*.py")])
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.stem}-") as folder:
        tree = Path(folder, "tree")
        _install(root / "requirements.lock", tree, python, arch)
        for path in [path for path in tree.rglob("*") if path.is_file()]:
            if _UNUSED.match(path.relative_to(tree).as_posix()):
                path.unlink()
        interpreter = _interpreter(python)
        if interpreter:
            _compile(interpreter, tree, "-b")  # beside the source, which then need not be there: else it is too large
            for path in tree.rglob("*.pyc"):
                path.with_suffix(".py").unlink()
        _add_own(root, tree)
        if interpreter:
            _compile(interpreter, tree)
        return _zip(tree, into, bool(interpreter))


def _check(sources: Iterable[Path]) -> None:
    """That all of it is Python; raises QuarterdeckError for the first file that is not."""
    for path in sources:
        try:
            compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as err:
            raise QuarterdeckError(str(path), f"is no Python: {err}", "Mend it; nothing was changed") from err


def _install(lock: Path, tree: Path, python: str, arch: str) -> None:
    """What the lock pins, checked by its hashes."""
    if not lock.is_file():
        raise QuarterdeckError(str(lock), "is not there", "Package in a clone of Quarterdeck's repository")
    blocks = re.findall(r"^\S.*(?:\n[ \t].*)*", lock.read_text("utf-8"), re.M)
    kept = [block for block in blocks if block.partition("==")[0] not in _LEFT_OUT.split()]
    # Lambda's system has no list of time zones; elsewhere than on Windows the lock leaves it to the system.
    wanted = [re.sub(r"^(tzdata==\S+) ;[^\\]*", r"\1 ", block) for block in kept]
    list_ = tree.with_name("requirements.txt")
    list_.write_text("\n".join(wanted), "utf-8")
    options = f"--quiet --no-deps --require-hashes --only-binary :all: --python-version {python}".split()
    platform = ["--python-platform", PLATFORMS[arch], "--link-mode", "copy"]
    _uv("pip", "install", *options, *platform, "--target", str(tree), "--requirement", str(list_))


def _add_own(root: Path, tree: Path) -> None:
    """Quarterdeck itself, with the entry points that name its kernels, and the project's own modules."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(_OWN, tree / "quarterdeck", ignore=ignored)
    about = tree / f"quarterdeck-{__version__}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: quarterdeck\nVersion: {__version__}\n", "utf-8")
    (about / "entry_points.txt").write_text(distribution("quarterdeck").read_text("entry_points.txt") or "", "utf-8")
    if (root / "cloud").is_dir():
        shutil.copytree(root / "cloud", tree, ignore=ignored, dirs_exist_ok=True)


def _interpreter(python: str) -> str:
    """An interpreter of that version, here; empty without one."""
    try:
        return _uv("python", "find", "--no-python-downloads", "--no-project", "--system", python)
    except QuarterdeckError:
        return ""


def _compile(interpreter: str, tree: Path, *options: str) -> None:
    """Compile what is Python of that version; some packages hold what is not, and never import it."""
    command = [interpreter, "-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "unchecked-hash", *options]
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", "")}
    subprocess.run([*command, "-s", str(tree), "-p", "/var/task", str(tree)], env=environment, check=False)


def _zip(tree: Path, into: Path, compiled: bool) -> Package:
    """The tree as a zip: in order, without times, with the modes that matter."""
    sizes: Counter[str] = Counter()
    partial = tree.with_name(into.name)
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(it for it in tree.rglob("*") if it.is_file()):
            name, content = path.relative_to(tree).as_posix(), path.read_bytes()
            info = zipfile.ZipInfo(name)
            info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED
            info.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
            archive.writestr(info, content)
            sizes[name.partition("/")[0]] += len(content)
    size = sizes.total()
    if size > MOST:
        largest = ", ".join(f"{name} {bytes_ / 2**20:.0f}" for name, bytes_ in sizes.most_common(5))
        raise QuarterdeckError(str(into), f"is {size / 2**20:.0f} MB unpacked: {largest}", "Lambda takes 250")
    os.replace(partial, into)
    with into.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Package(into, sha256, size, sizes.most_common(), compiled)


def _uv(*arguments: str) -> str:
    """What uv prints; raises QuarterdeckError with its last line when it fails or is missing."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("uv", path=places)
    if not program:
        raise QuarterdeckError("packaging", "needs uv", "pip install uv")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[-600:]
        raise QuarterdeckError(f"uv {' '.join(arguments[:2])}", f"ended with {done.returncode}: {said}")
    return done.stdout.strip()
