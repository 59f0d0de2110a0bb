"""Optional tracking by MLflow, switched on by its own environment variables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from fedswipe.errors import FedswipeError

URI, EXPERIMENT = "MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"


class Tracking(Protocol):
    """Where a run's figures go besides its folder."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Note figures of a step."""
        ...

    def finish(self, files: Sequence[Path]) -> None:
        """Keep the run's files and end it."""
        ...


class Untracked:
    """Nowhere."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Do nothing."""

    def finish(self, files: Sequence[Path]) -> None:
        """Do nothing."""


class MlflowTracking:
    """One MLflow run; where it goes is MLflow's own business (MLFLOW_TRACKING_URI and the like)."""

    def __init__(self, mlflow: Any, name: str, settings: Mapping[str, Any]) -> None:
        self._mlflow = mlflow
        mlflow.start_run(run_name=name)
        mlflow.log_params(_flat(settings))

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Note figures of a step."""
        self._mlflow.log_metrics(dict(figures), step=step)

    def finish(self, files: Sequence[Path]) -> None:
        """Keep the files as artifacts and end the run."""
        for file in files:
            self._mlflow.log_artifact(str(file))
        self._mlflow.end_run()


def tracking_from_env(environ: Mapping[str, str], name: str, settings: Mapping[str, Any]) -> Tracking:
    """MLflow where its variables ask for it. FedswipeError when they do and it is not installed."""
    if not environ.get(URI):
        return Untracked()
    try:
        import mlflow  # type: ignore[import-not-found, unused-ignore]  # optional: the user's own
    except ImportError as error:
        raise FedswipeError(f"{URI} is set, but mlflow is not installed; pip install mlflow") from error
    return MlflowTracking(mlflow, name, settings)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat
