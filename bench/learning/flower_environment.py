"""An environment of its own for Flower, made on demand; torch and the rest come from ours."""

import subprocess
import sys
import venv
from pathlib import Path

from fedswipe.errors import FedswipeError

FLOWER = "flwr[simulation]==1.41.0"
MINUTES = 10.0  # to install it


def flower_python(folder: Path) -> Path:
    """The environment's Python; FedswipeError with pip's own words when it cannot be made."""
    python = folder / "bin" / "python"
    made = folder / "made.txt"
    if made.exists() and made.read_text("utf-8") == FLOWER:
        return python
    venv.create(folder, clear=True, with_pip=True)
    # A path file puts our packages behind the environment's own, which may be of other versions.
    site = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.joinpath("ours.pth").write_text("\n".join(_packages()) + "\n", "utf-8")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", FLOWER]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60 * MINUTES, check=False)
    except subprocess.TimeoutExpired as error:
        raise FedswipeError(f"pip install {FLOWER}: not done in {MINUTES:g} minutes") from error
    if done.returncode != 0:
        raise FedswipeError(f"pip install {FLOWER}: {done.stderr.strip()[-800:]}")
    made.write_text(FLOWER, "utf-8")
    return python


def _packages() -> list[str]:
    return [path for path in sys.path if Path(path).name == "site-packages"]
