"""One line of progress every ten seconds, for runs that are watched from a log file."""

import time

_SECONDS_BETWEEN = 10.0
_last_seconds = 0.0


def line(done: int, total: int, note: str = "") -> None:
    """Print how far a run is, not more often than every ten seconds."""
    global _last_seconds
    now = time.monotonic()
    if now - _last_seconds < _SECONDS_BETWEEN and done < total:
        return
    _last_seconds = now
    print(f"{time.strftime('%H:%M:%S')} {done:,} of {total:,} {note}", flush=True)
