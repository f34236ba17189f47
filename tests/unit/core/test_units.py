import pytest

from limbeck.core.units import format_bytes, format_duration, parse_latency_ms, parse_size_bytes


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("25 MB", 25_000_000), ("25MB", 25_000_000), ("1.5 gb", 1_500_000_000), ("300 MiB", 314_572_800), ("7 B", 7)],
)
def test_sizes(text: str, size_bytes: int) -> None:
    assert parse_size_bytes(text) == size_bytes


@pytest.mark.parametrize("text", ["25", "MB", "25 ms", "25 MB/token", "-3 MB", "0 MB", "1,5 MB", "", "0.1 B"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"MB|above zero"):
        parse_size_bytes(text)


@pytest.mark.parametrize(("text", "latency_ms"), [("15 ms/token", 15.0), ("0.2s / token", 200.0), ("500 us", 0.5)])
def test_times_per_token(text: str, latency_ms: float) -> None:
    assert parse_latency_ms(text) == pytest.approx(latency_ms)


@pytest.mark.parametrize("text", ["15", "15 MB", "15 ms/word", "0 ms/token", "fast"])
def test_what_is_no_time_per_token(text: str) -> None:
    with pytest.raises(ValueError, match=r"ms/token|above zero"):
        parse_latency_ms(text)


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (4_123_456, "4.12 MB"),
        (25_000_000, "25 MB"),
        (3 * 10**12, "3000 GB"),
    ],
)
def test_written_sizes(size_bytes: int, text: str) -> None:
    assert format_bytes(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12.3, "12 s"), (185, "3 min 05 s"), (7800, "2 h 10 min"), (59.7, "1 min 00 s")],
)
def test_written_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
