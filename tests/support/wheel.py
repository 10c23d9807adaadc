"""The project as pip installs it: a wheel in an environment of its own, outside the clone."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

from tests.support.paths import ROOT


@dataclass(frozen=True)
class Installed:
    """An environment that has the wheel, and of the packages that it needs those that the tests have."""

    folder: Path

    @property
    def lookalike(self) -> Path:
        """The command."""
        return self.folder / "bin" / "lookalike"

    @property
    def packages(self) -> Path:
        return next((self.folder / "lib").glob("python*")) / "site-packages"

    def run_python(self, code: str, folder: Path) -> str:
        """Run code in `folder`, and return what it prints."""
        command = [str(self.folder / "bin" / "python"), "-c", code]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def tracked_files() -> list[str] | None:
    """List the files of the clone that git has or would add; None where there is no git, or no clone of it."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return sorted(name for name in listed.split("\0") if name and (ROOT / name).is_file())


def build_wheel(names: list[str], folder: Path) -> Path:
    """Build the wheel from a clean copy of these files, so that nothing that was made here gets into it."""
    copy, built = folder / "copy", folder / "built"
    for name in names:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        copyfile(ROOT / name, copy / name)
    _pip("wheel", str(copy), "--no-deps", "--no-build-isolation", "--wheel-dir", str(built))
    (wheel,) = built.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path) -> Installed:
    """Install the wheel into a new environment in `folder`."""
    venv.create(folder, with_pip=False)
    installed = Installed(folder)
    _pip("--python", str(folder / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel))
    # Folders that a .pth file names are only looked into: what they say of the clone, which pip installed "editable"
    # there, is not read.
    needed = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (installed.packages / "needed.pth").write_text("\n".join(needed))
    return installed


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
