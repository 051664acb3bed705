"""What a process killed in the middle of a write leaves must be what it wrote before, or what it was writing."""

import os

from hypothesis import given
from hypothesis import strategies as st

from vrrpd.daemon.ledger import SLOTS, Beat, Beats, Ledger, Pages


def test_it_reads_what_was_written_last() -> None:
    pages = Pages("test")
    assert pages.read() is None
    for number in range(5):
        pages.write(f"text {number}".encode() * (5 - number))
        assert pages.read() == f"text {number}".encode() * (5 - number)
    pages.close()


def write_in_a_fork(pages: Pages, content: bytes) -> None:
    pid = os.fork()
    if not pid:
        pages.write(content)
        os._exit(0)
    os.waitpid(pid, 0)


def test_another_process_goes_on_behind_it() -> None:
    pages = Pages("test")
    write_in_a_fork(pages, b"first")
    write_in_a_fork(pages, b"second")
    write_in_a_fork(pages, b"third")
    assert pages.read() == b"third"
    write_in_a_fork(pages, b"fourth")
    assert pages.read() == b"fourth"
    pages.close()


@given(st.binary(max_size=64), st.binary(max_size=64), st.data())
def test_a_torn_write_leaves_the_older_one(old: bytes, new: bytes, data: st.DataObject) -> None:
    """At each byte at which it may have ended; what stood there before was longer, shorter, or nothing."""
    pages = Pages("test")
    for _ in range(data.draw(st.integers(0, 2))):
        pages.write(data.draw(st.binary(max_size=80)))
    pages.write(old)
    before = [os.pread(descriptor, 4096, 0) for descriptor in pages.descriptors]
    pages.write(new)
    after = [os.pread(descriptor, 4096, 0) for descriptor in pages.descriptors]
    (which,) = (number for number in (0, 1) if before[number] != after[number])
    size = 20 + len(new)
    for end in range(size + 1):
        torn = after[which][:end] + before[which][end:]
        os.ftruncate(pages.descriptors[which], 0)
        os.pwrite(pages.descriptors[which], torn, 0)
        assert pages.read() in {old, new}
        assert end < size or pages.read() == new
    pages.close()


@given(st.binary(min_size=1, max_size=64), st.data())
def test_a_damaged_one_is_not_read(new: bytes, data: st.DataObject) -> None:
    pages = Pages("test")
    pages.write(b"old")
    pages.write(new)
    which = pages.descriptors[0] if os.pread(pages.descriptors[0], 99, 20) == new else pages.descriptors[1]
    if os.pread(pages.descriptors[0], 99, 20) != os.pread(pages.descriptors[1], 99, 20):
        whole = bytearray(os.pread(which, 4096, 0))
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
        os.pwrite(which, bytes(whole), 0)
        assert pages.read() == b"old"
    pages.close()


BEATS = st.builds(
    Beat,
    st.integers(1, 4),
    *(st.floats(0, 1e9) for _ in range(2)),
    *(st.integers(0, 2**63) for _ in range(2)),
)


@given(st.lists(BEATS, min_size=1, max_size=5), st.integers(0, SLOTS - 1))
def test_a_beat_is_read_as_it_was_written(written: list[Beat], slot: int) -> None:
    beats = Beats()
    assert beats.read(slot) is None
    for beat in written:
        beats.write(slot, beat)
        assert beats.read(slot) == beat
    beats.forget(slot)
    assert beats.read(slot) is None
    beats.close()


def test_neighbours_are_left_alone() -> None:
    beats = Beats()
    beats.write(3, Beat(1, 1.0, 2.0, 3, 4))
    beats.write(4, Beat(2, 5.0, 6.0, 7, 8))
    beats.advert_at[3], beats.received[3] = 9.0, 10
    assert beats.read(3) == Beat(1, 9.0, 2.0, 3, 10)
    assert beats.read(4) == Beat(2, 5.0, 6.0, 7, 8)
    beats.close()


def test_no_room_for_more_slots_is_no_error() -> None:
    beats = Beats()
    beats.write(SLOTS, Beat(1, 0.0, 0.0, 0, 0))
    assert beats.read(SLOTS) is None
    beats.forget(SLOTS)
    beats.close()


def test_the_parts_are_apart() -> None:
    ledger = Ledger()
    ledger.state.write(b"state")
    assert ledger.config.read() is None
