"""Each frame at its time, to the tick, and the sound beside it."""

from __future__ import annotations

import errno
import itertools
import struct
from fractions import Fraction
from pathlib import Path

import av
import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from clips import decode_file, enlarge, needs_linux, write_clip
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worker.contract import JobError
from worker.timeline import Timeline
from worker.video import encode, iterate_frames, load_source


def times_of(path):
    """Return the seconds of a file's frames, from the file's first picture or sound on."""
    with av.open(str(path)) as container:
        starts = [stream.start_time * stream.time_base for stream in container.streams if stream.type == "audio"]
        seconds = [frame.pts * frame.time_base for frame in container.decode(video=0)]
    start = min([seconds[0], *starts])
    return [second - start for second in seconds]


def tick_of(path):
    with av.open(str(path)) as container:
        return container.streams.video[0].time_base


def end_of(path):
    """Return when the last picture of an MP4 ends, as its header says to players."""
    data = path.read_bytes()
    at = data.index(b"mvhd") + 4
    second, length = struct.unpack_from(*((">IQ", data, at + 20) if data[at] else (">II", data, at + 12)))
    return Fraction(length, second)


CLOCKS = [
    Fraction(1, 1000),
    Fraction(1, 90_000),
    Fraction(1, 12_800),
    Fraction(1001, 30_000),
    Fraction(1, 600),
    Fraction(1, 24_000),
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    container=st.sampled_from(["mp4", "mov", "mkv", "nut", "ts"]),
    clock=st.sampled_from(CLOCKS),
    start=st.integers(0, 4000),
    steps=st.lists(st.integers(2, 4000), min_size=1, max_size=10),
    options=st.sampled_from([{"bf": "0"}, {"bf": "3", "g": "5"}, {"bf": "2"}]),
)
def test_times_are_the_sources_to_the_tick_whatever_they_are(tmp_path, container, clock, start, steps, options):
    durations = [max(1, round(step / 1000 / clock)) for step in steps]  # of each frame
    times = list(itertools.accumulate(durations[:-1], initial=round(start / 1000 / clock)))
    path = write_clip(
        tmp_path / f"a.{container}",
        len(times),
        time_base=clock,
        times=times,
        durations=durations,
        rate=25,
        options=options,
    )
    try:
        before = times_of(path)
    except av.error.EOFError:
        return  # FFmpeg takes some MPEG-TS of a few packets for something else
    _, said, output = enlarge(path)
    after = times_of(output)
    assert said.frames == len(after) == len(before) == len(times)
    tick = max(tick_of(path), tick_of(output))
    assert all(earlier < later for earlier, later in itertools.pairwise(after))
    assert all(abs(a - b) <= tick for a, b in zip(after, before, strict=True)), (before, after)
    last = decode_file(path)[-1]
    if last.duration:
        assert abs(end_of(output) - after[-1] - last.duration * last.time_base) <= tick


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "3", "g": "5"}])
@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("last", [1, 40, 1500])
def test_the_last_frame_lasts_as_long_as_it_did(tmp_path, container, last, options):
    path = write_clip(
        tmp_path / f"a.{container}",
        9,
        time_base=Fraction(1, 1000),
        times=[40 * index for index in range(9)],
        durations=[40] * 8 + [last],
        options=options,
    )
    length = decode_file(path)[-1].duration * tick_of(path)
    _, _, output = enlarge(path)
    assert end_of(output) - times_of(output)[-1] == length


@given(
    start=st.fractions(-100, 100),
    steps=st.lists(st.fractions(Fraction(1, 1000), 9), max_size=20),
)
def test_a_clock_that_runs_on_is_only_moved(start, steps):
    timeline = Timeline(start, Fraction(10))
    times = list(itertools.accumulate(steps, initial=start))
    assert [timeline.place(time, Fraction(1, 25)) for time in times] == [time - start for time in times]


@given(st.lists(st.one_of(st.none(), st.fractions(-1000, 1000)), max_size=30), st.fractions(1, 100))
def test_time_never_goes_back_by_more_than_a_second(times, ahead):
    timeline = Timeline(Fraction(0), ahead)
    placed = [timeline.place(time, Fraction(1, 25)) for time in times]
    assert all(later >= earlier - 1 for earlier, later in itertools.pairwise(placed))


def test_a_clock_that_is_set_back_goes_on_where_it_stopped():
    timeline, frame = Timeline(Fraction(10), Fraction(100)), Fraction(1, 25)
    times = [Fraction(10), 10 + frame, Fraction(3), 3 + frame, None, 3 + 3 * frame]
    assert [timeline.place(time, frame) for time in times] == [index * frame for index in range(6)]


def test_a_broadcasts_leap_ahead_is_closed_and_a_files_kept():
    frame = Fraction(1, 25)
    for ahead, second in ((Fraction(10), frame), (Fraction(100_000), Fraction(1000))):
        timeline = Timeline(Fraction(0), ahead)
        timeline.place(Fraction(0), frame)
        assert timeline.place(Fraction(1000), frame) == second


@pytest.mark.parametrize(
    "rate",
    [
        Fraction(24000, 1001),
        Fraction(30000, 1001),
        Fraction(60000, 1001),
        24,
        25,
        50,
        12,
        Fraction(15, 2),
        240,
        1,
        Fraction(1, 20),
    ],
)
@pytest.mark.parametrize("container", ["mp4", "mkv", "avi", "flv"])
def test_a_constant_rate_stays_that_rate(tmp_path, container, rate):
    path = write_clip(tmp_path / f"a.{container}", 20, rate=rate, codec="mpeg4" if container == "avi" else "libx264")
    source, said, output = enlarge(path)
    assert said.frames == 20
    assert source.fps == pytest.approx(Fraction(rate), rel=0.003)
    for index, time in enumerate(times_of(output)):
        assert abs(time - index / Fraction(rate)) <= Fraction(1, 1000)


def test_dropped_frames_of_an_avi_leave_their_gap(tmp_path):
    path = write_clip(
        tmp_path / "a.avi", 12, codec="mpeg4", options={"bf": "2"}, times=[0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 20, 21]
    )
    _, said, output = enlarge(path)
    assert said.frames == 12
    times = times_of(output)
    assert times[-1] == Fraction(21, 25)
    assert times == sorted(times)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "mov"])
@pytest.mark.parametrize(
    ("picture", "sound"), [(0, Fraction(1, 2)), (1500, Fraction(1)), (0, 0), (40, 0), (700_000, Fraction(700))]
)
def test_picture_and_sound_keep_their_offset(tmp_path, container, picture, sound):
    clock, count = Fraction(1, 1000), 25
    path = write_clip(
        tmp_path / f"a.{container}",
        count,
        time_base=clock,
        times=[picture + 40 * index for index in range(count)],
        audio=["aac"],
        sound_start=Fraction(sound),
        seconds=1,
    )
    _, said, output = enlarge(path)
    assert said.audio == "copied"
    assert abs(_offset(output) - _offset(path)) < Fraction(1, 500)
    with av.open(str(output)) as container_:
        assert min(stream.start_time * stream.time_base for stream in container_.streams) <= Fraction(1, 20)


def _offset(path):
    """Return by how much the last picture comes after the last sound."""
    with av.open(str(path)) as container:
        ends = {"audio": Fraction(-1000), "video": Fraction(-1000)}
        for packet in container.demux():
            if packet.pts is not None:
                kind = packet.stream.type
                ends[kind] = max(ends[kind], packet.pts * packet.time_base)
    return ends["video"] - ends["audio"]


def remux(path, output, shift, *, options=None, video_only=False):
    """Copy the packets with their times moved by seconds."""
    with av.open(str(path)) as source, av.open(str(output), "w", options=options or {}) as result:
        kept = [stream for stream in source.streams if stream.type == "video" or not video_only]
        copies = {stream.index: result.add_stream_from_template(stream, opaque=True) for stream in kept}
        for packet in source.demux(*kept):
            if packet.dts is None:
                continue
            ticks = round(shift / packet.time_base)
            packet.pts, packet.dts, packet.stream = packet.pts + ticks, packet.dts + ticks, copies[packet.stream.index]
            result.mux(packet)
    return output


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2", "g": "10"}])
def test_what_an_edit_list_cuts_off_at_the_start_stays_off(tmp_path, options):
    whole = write_clip(tmp_path / "whole.mp4", 50, options=options, audio=["aac"])
    path = remux(whole, tmp_path / "a.mp4", Fraction(-14, 25))
    shown = decode_file(path)
    assert len(shown) == 36
    _, said, output = enlarge(path)
    assert said.frames == len(decode_file(output)) == 36
    assert [round(time * 25) for time in times_of(output)] == list(range(36))
    assert abs(_offset(output)) < Fraction(1, 20)


def test_a_broadcast_that_passes_the_end_of_its_clock_runs_on(tmp_path):
    wrap = Fraction(1 << 33, 90_000)
    path = remux(write_clip(tmp_path / "a.ts", 50, audio=["aac"]), tmp_path / "b.ts", wrap - 2, options={"copyts": "1"})
    _, said, output = enlarge(path)
    assert said.frames == 50
    assert all(later - earlier == Fraction(1, 25) for earlier, later in itertools.pairwise(times_of(output)))


def test_joined_broadcasts_run_on_with_their_sound(tmp_path):
    part = write_clip(tmp_path / "part.ts", 50, audio=["aac"]).read_bytes()
    later = remux(tmp_path / "part.ts", tmp_path / "later.ts", Fraction(4000)).read_bytes()
    path = tmp_path / "a.ts"
    path.write_bytes(part + part + later)
    _, said, output = enlarge(path)
    assert said.frames == 150
    assert said.audio == "copied"
    times = times_of(output)
    assert all(Fraction(1, 50) < b - a < Fraction(1, 10) for a, b in itertools.pairwise(times))
    with av.open(str(output)) as container:
        lengths = [float(stream.duration * stream.time_base) for stream in container.streams]
    assert lengths == pytest.approx([6, 6], abs=0.2)


def test_frames_of_one_time_follow_each_other_without_moving_the_rest(tmp_path):
    path = write_clip(
        tmp_path / "a.mkv",
        6,
        codec="mjpeg",
        format_="yuvj420p",
        full=True,
        time_base=Fraction(1, 1000),
        placed=[0, 40, 40, 40, 80, 120],
    )
    _, said, output = enlarge(path)
    assert said.frames == 6
    assert [round(float(time), 2) for time in times_of(output)] == [0, 0.04, 0.04, 0.04, 0.08, 0.12]


@pytest.mark.parametrize("scale", ["10", "600", "90000", "1000000", "2000000000"])
def test_any_clock_of_an_mp4_is_carried_over(tmp_path, scale):
    path = write_clip(tmp_path / "a.mp4", 10, rate=10, muxing={"video_track_timescale": scale})
    _, said, output = enlarge(path)
    assert said.frames == 10
    before, after = times_of(path), times_of(output)
    assert all(abs(a - b) <= Fraction(1, 10_000) for a, b in zip(before, after, strict=True))


def test_a_bare_stream_has_the_rate_that_it_says(tmp_path):
    path = write_clip(tmp_path / "a.h264", 12, rate=30, container="h264")
    source, said, output = enlarge(path)
    assert (source.fps, said.frames) == (30, 12)
    assert [time * source.fps for time in times_of(output)] == list(range(12))


@pytest.mark.parametrize(("hours", "second"), [(1, 3600), (9, 9 * 3600), (100, Fraction(2, 25))])
def test_a_picture_stands_for_hours_as_far_as_mp4_holds_them(tmp_path, hours, second):
    path = write_clip(
        tmp_path / "a.mkv",
        3,
        codec="mjpeg",
        format_="yuvj420p",
        full=True,
        time_base=Fraction(1, 1000),
        times=[0, 40, hours * 3_600_000],
    )
    _, said, output = enlarge(path)
    assert said.frames == 3
    assert times_of(output)[-1] == second


def test_a_frame_rate_that_can_not_be_meant_is_not_taken(tmp_path):
    path = write_clip(
        tmp_path / "a.mkv",
        5,
        codec="mjpeg",
        format_="yuvj420p",
        full=True,
        time_base=Fraction(1, 1_000_000),
        rate=100_000,
    )
    assert load_source(path).fps <= 1000
    assert enlarge(path)[1].frames == 5


def test_a_track_of_timecodes_is_left_out(tmp_path):
    clip = write_clip(tmp_path / "clip.mov", 5)
    path = tmp_path / "a.mov"
    with av.open(str(clip)) as source, av.open(str(path), "w") as output:
        copy = output.add_stream_from_template(source.streams.video[0], opaque=True)
        copy.metadata["timecode"] = "01:00:00:00"
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    with av.open(str(path)) as made:
        assert [stream.type for stream in made.streams] == ["video", "data"]
    _, said, result = enlarge(path)
    assert (said.frames, said.notes) == (5, ())
    with av.open(str(result)) as made:
        assert [stream.type for stream in made.streams] == ["video"]


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])
def test_a_few_frames_are_written_with_their_times(tmp_path, codec, frames):
    _, said, output = enlarge(write_clip(tmp_path / "a.mkv", frames, codec="ffv1"), codec=codec)
    assert said.frames == frames
    assert times_of(output) == [Fraction(index, 25) for index in range(frames)]
    assert end_of(output) == Fraction(frames, 25)


def test_a_target_that_hevc_can_not_hold_is_refused_before_the_work(tmp_path):
    path = write_clip(tmp_path / "a.nut", 2, 8, 30, codec="rawvideo")
    with pytest.raises(JobError, match="16 pixels") as error:
        enlarge(path, scale=1, codec="hevc")
    assert error.value.code == "unknown_target"
    assert enlarge(path, scale=2, codec="hevc")[1].frames == 2


@needs_linux
def test_a_full_disk_is_not_the_videos_fault(tmp_path):
    source = load_source(write_clip(tmp_path / "a.mp4", 20, 320, 240))
    with pytest.raises(av.error.OSError) as error:
        encode(iterate_frames(source), source, source.size, Path("/dev/full"))
    assert error.value.errno == errno.ENOSPC


def test_reading_twice_gives_the_same(tmp_path):
    source = load_source(write_clip(tmp_path / "a.mp4", 9))
    assert [frame.pts for frame in iterate_frames(source)] == [frame.pts for frame in iterate_frames(source)]
