import subprocess
import sys


def test_the_predictor_never_imports_torch() -> None:
    program = "import sys, services.predictor.app; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=60).returncode == 0
