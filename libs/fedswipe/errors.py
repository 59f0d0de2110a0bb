"""The three verdicts of a handler: it returns (done), InvalidMessage, or Retryable. Anything else crashes."""


class FedswipeError(Exception):
    """Every error that this project raises on purpose."""


class InvalidMessage(FedswipeError):
    """This input will never be right: it becomes a dead letter and consumption goes on.

    `reason` is a stable code of lower-case words and underscores; `detail` names the field and the remedy.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Retryable(FedswipeError):
    """Something outside is away for now: wait with back-off, then do the same again."""
