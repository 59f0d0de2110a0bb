"""The chaos bench: the loop under faults at random moments, then a proof. See docs/reliability.md."""
