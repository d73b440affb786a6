"""The first track beside the pictures: copied or encoded, whole, in time."""

from __future__ import annotations

import itertools
from fractions import Fraction

import av
import pytest
import worker_harness  # noqa: F401 (puts the image's modules on the path)
from clips import draw, enlarge, make_sound, write_clip

SOUNDS = [
    ("aac", "mp4", "copied", "aac"),
    ("aac", "ts", "copied", "aac"),
    ("aac", "mkv", "copied", "aac"),
    ("libmp3lame", "avi", "copied", "mp3"),
    ("libmp3lame", "flv", "copied", "mp3"),
    ("libopus", "webm", "copied", "opus"),
    ("flac", "mkv", "copied", "flac"),
    ("ac3", "ts", "copied", "ac3"),
    ("alac", "mov", "copied", "alac"),
    ("mp2", "mpg", "encoded", "aac"),
    ("wmav2", "asf", "encoded", "aac"),
    ("vorbis", "mkv", "encoded", "aac"),
    ("pcm_s16le", "avi", "encoded", "aac"),
    ("pcm_s24be", "mov", "encoded", "aac"),
    ("pcm_mulaw", "mov", "encoded", "aac"),
    ("adpcm_ima_wav", "avi", "encoded", "aac"),
]


@pytest.mark.parametrize(("codec", "container", "said", "kept"), SOUNDS)
def test_sound_is_copied_or_encoded_with_its_length_and_pitch(tmp_path, codec, container, said, kept):
    video = {"webm": "libvpx-vp9", "mpg": "mpeg2video", "asf": "wmv2", "avi": "mpeg4"}.get(container, "libx264")
    path = write_clip(tmp_path / f"a.{container}", 50, codec=video, audio=[codec])
    _, encoded, output = enlarge(path)
    assert encoded.audio == said
    with av.open(str(output)) as result:
        assert [stream.codec_context.codec.canonical_name for stream in result.streams.audio] == [kept]
        samples = list(result.decode(audio=0))
    length = sum(frame.samples for frame in samples) / samples[0].sample_rate
    assert length == pytest.approx(2, abs=0.15)
    assert _pitch(samples) == pytest.approx(300, rel=0.05)


def _pitch(frames):
    """Return how often in a second the first channel passes zero upwards."""
    resampler = av.AudioResampler("s16", "mono", frames[0].sample_rate)
    data = b"".join(
        bytes(piece.planes[0])[: piece.samples * 2] for frame in frames for piece in resampler.resample(frame)
    )
    values = memoryview(data).cast("h")
    middle = values[len(values) // 4 : 3 * len(values) // 4]
    ups = sum(1 for a, b in itertools.pairwise(middle) if a < 0 <= b)
    return ups / (len(middle) / frames[0].sample_rate)


def test_the_first_of_several_tracks_is_kept_and_that_is_said(tmp_path):
    path = write_clip(tmp_path / "a.mkv", 50, audio=["aac", "libmp3lame", "aac"])
    _, said, output = enlarge(path)
    assert "one of 3 audio tracks is used" in said.notes
    with av.open(str(output)) as result:
        assert len(result.streams.audio) == 1
        assert _pitch(list(result.decode(audio=0))) == pytest.approx(300, rel=0.05)


def test_a_track_that_nothing_here_decodes_is_passed_over_or_said_to_be_dropped(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 10, audio=["libopus", "libopus"])
    data = path.read_bytes()
    assert data.count(b"Opus") == 2
    for count, said in ((1, "copied"), (-1, "dropped")):
        path.write_bytes(data.replace(b"Opus", b"zzzz", count))
        assert enlarge(path)[1].audio == said


@pytest.mark.parametrize("seconds", [Fraction(1, 5), 6])
def test_sound_that_ends_before_or_after_the_pictures_is_whole(tmp_path, seconds):
    _, _, output = enlarge(write_clip(tmp_path / "a.mp4", 50, audio=["aac"], seconds=seconds))
    with av.open(str(output)) as result:
        audio = result.streams.audio[0]
        assert float(audio.duration * audio.time_base) == pytest.approx(float(seconds), abs=0.05)


def test_a_track_without_sound_does_not_matter(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 5, audio=["aac"], seconds=0)
    assert enlarge(path)[1].frames == 5


def test_sound_lies_beside_the_pictures_in_the_file(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 250, audio=["aac"])
    _, _, output = enlarge(path)
    with av.open(str(output)) as result:
        packets = sorted((p for p in result.demux() if p.size), key=lambda packet: packet.pos)
    seconds = [float(packet.dts * packet.time_base) for packet in packets]
    assert max(abs(a - b) for a, b in itertools.pairwise(seconds)) < 1.5


def test_a_gap_in_encoded_sound_becomes_silence(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        track = output.add_stream("pcm_s16le", rate=44_100, layout="mono")
        for index in range(100):
            frame = draw(64, 48, "yuvj420p", full=True)
            frame.pts, frame.time_base = index, Fraction(1, 25)
            output.mux(stream.encode(frame))
        for start in (0, 3):
            for packet in make_sound(track, 1, Fraction(start), flush=start == 3):
                output.mux(packet)
    _, said, output = enlarge(path)
    assert said.audio == "encoded"
    with av.open(str(output)) as result:
        audio = result.streams.audio[0]
        assert float(audio.duration * audio.time_base) == pytest.approx(4, abs=0.05)
