"""From a bare machine to a working environment: standard library only, runs before Django.

Creates ``.venv`` (or ``NEEDS_VENV``), installs the pinned requirements, installs missing system
libraries when it may (root and apt-get), else prints the one line to run; then starts the same
command again inside the environment. A stamp file makes every later start skip all of this.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
TEST_PROGRAMS = {
    "chromium": "chromium",
    "pdftotext": "poppler-utils",
    "javac": "openjdk-17-jdk-headless",
}
# Debian would create and start a database cluster of its own; the tests start theirs.
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


def ensure(argv: list[str]) -> None:
    """Return at once inside a prepared environment; otherwise prepare it and re-execute."""
    if sys.version_info < (3, 11):  # noqa: UP036  the file must also speak on an older Python
        _stop("需要 Python 3.11 或更高版本。")
    command = argv[1] if len(argv) > 1 else ""
    _private_data_of_demo(argv, command)
    venv = Path(os.environ.get("NEEDS_VENV", BASE / ".venv"))
    testing = command == "test"
    wanted = _wanted(testing)
    python = venv / "bin" / "python"
    if not _stamped(venv, wanted):
        _install(venv, python, testing, wanted)
    if command in ("start", "demo", "test"):
        _system(testing)
    if Path(sys.prefix).resolve() != venv.resolve():
        os.execv(python, [str(python), *argv])


def _private_data_of_demo(argv: list[str], command: str) -> None:
    """`demo --out DIR` works on its own data, never on the county's."""
    if command == "demo" and "--out" in argv[:-1]:
        out = Path(argv[argv.index("--out") + 1]).resolve()
        os.environ["NEEDS_DATA"] = str(out / ".data")
        os.environ["NEEDS_DEMO"] = "1"


def _wanted(testing: bool) -> dict[str, str]:
    """Requirement file -> hash of its content, for the files this command needs."""
    names = ["requirements.txt", *(["tests/requirements.txt"] if testing else [])]
    return {name: hashlib.sha256((BASE / name).read_bytes()).hexdigest() for name in names}


def _stamp(venv: Path, name: str) -> Path:
    return venv / ("installed-" + name.replace("/", "-"))


def _stamped(venv: Path, wanted: dict[str, str]) -> bool:
    stamps = ((_stamp(venv, name), digest) for name, digest in wanted.items())
    return all(path.exists() and path.read_text() == digest for path, digest in stamps)


def _install(venv: Path, python: Path, testing: bool, wanted: dict[str, str]) -> None:
    if not python.exists():
        if importlib.util.find_spec("ensurepip") is None:
            _apt(["python3-venv"], "Python 的 venv 模块")
        _say("建立 Python 环境 …")
        _run([sys.executable, "-m", "venv", str(venv)], "建立 Python 环境")
    _say("安装 Python 软件包 (首次约 200 MB, 请稍候) …")
    files = [item for name in wanted for item in ("-r", str(BASE / name))]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    _run([*pip, *files], "安装 Python 软件包")
    for name, digest in wanted.items():
        _stamp(venv, name).write_text(digest)


def _system(testing: bool) -> None:
    """Install what the dynamic linker or the PATH lacks."""
    missing = [package for library, package in LIBRARIES.items() if not _loads(library)]
    if testing:
        missing += [pkg for program, pkg in TEST_PROGRAMS.items() if not shutil.which(program)]
        missing += [] if _loads("libatomic.so.1") else ["libatomic1"]
        missing += (
            [] if any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) else ["postgresql-15"]
        )
    if missing:
        _apt(missing, "系统组件")


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _apt(packages: list[str], what: str) -> None:
    line = "apt-get update && apt-get install -y --no-install-recommends " + " ".join(packages)
    apt = shutil.which("apt-get") or ""
    if not apt or os.geteuid() != 0:
        _stop(f"缺少{what}。请用管理员身份运行下面这一行，然后再试一次:\n  sudo sh -c '{line}'")
    _say(f"安装{what}: {' '.join(packages)} …")
    if "postgresql-15" in packages and not _NO_CLUSTER.exists():
        _NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        _NO_CLUSTER.write_text("create_main_cluster = false\n")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    keep = ["-o", "Dpkg::Options::=--force-confold"]
    _run([apt, "update", "-qq"], "更新软件源", quiet)
    install = [apt, "install", "-y", "-qq", "--no-install-recommends", *keep, *packages]
    _run(install, f"安装{what}", quiet)


def _run(command: list[str], what: str, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        _stop(f"{what}没有成功。请检查网络和磁盘空间后再运行一次同样的命令。\n{tail}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _stop(text: str) -> None:
    _say(text)
    raise SystemExit(2)
