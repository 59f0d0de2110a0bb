"""The local stack: real Kafka and MinIO at given addresses or as child processes (see stack.py, up.py)."""
