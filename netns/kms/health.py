"""The body of Cosmian KMS's /health."""

import json


def body(*, up: bool, latency_ms: int) -> bytes:
    """``up``: the database answered. The status comes first, where HAProxy looks for it."""
    status = "UP" if up else "DOWN"
    content = {
        "status": status,
        "latency_ms": latency_ms,
        "dependencies": {"database": {"name": "postgres", "status": status}},
    }
    return json.dumps(content, separators=(",", ":")).encode()


def is_up(answer: bytes) -> bool:
    return answer.startswith(b'{"status":"UP"')
