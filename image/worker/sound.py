"""Carry the first audio track over into the result, as the pictures advance.

It is copied packet by packet where MP4 carries its codec, and encoded as AAC where it doesn't (PCM, Vorbis, MP2, WMA).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING

from worker.timeline import Timeline, to_seconds

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet

MP4_AUDIO = frozenset({"aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"})
AAC_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000)  # that every player takes
AAC_BIT_RATE = 96_000  # a channel
PRIMING = Fraction(-1, 10)  # of what an edit list cuts off, a decoder needs this much to be in tune


def find_track(container: InputContainer) -> AudioStream | None:
    """Return the first audio track that can be carried over."""
    tracks = (track for track in container.streams.audio if track.codec_context and track.rate and track.channels)
    return next(tracks, None)


class Sound:
    """One audio track on its way into the result; `said` is what becomes of it: copied, encoded, dropped or none."""

    def __init__(self, result: OutputContainer, original: InputContainer, timeline: Timeline) -> None:
        track = find_track(original)
        self.said = "dropped" if original.streams.audio else "none"
        self._result, self._original, self._timeline = result, original, timeline
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        if track is not None:
            self._packets = self._begin(track)
        self._waiting: Packet[AudioStream] | None = None

    def write_until(self, second: Fraction) -> None:
        """Write what belongs before the given second."""
        while (packet := self._peek()) is not None and to_seconds(packet.dts, packet.time_base) <= second:
            self._write(packet)

    def finish(self) -> None:
        """Write the rest."""
        while (packet := self._peek()) is not None:
            self._write(packet)

    def _peek(self) -> Packet[AudioStream] | None:
        if self._waiting is None:
            self._waiting = next(self._packets, None)
        return self._waiting

    def _write(self, packet: Packet[AudioStream]) -> None:
        self._result.mux(packet)
        self._waiting = None

    def _begin(self, track: AudioStream) -> Iterator[Packet[AudioStream]]:
        if track.codec_context.codec.canonical_name in MP4_AUDIO:
            self.said = "copied"
            return self._copy(track, self._result.add_stream_from_template(track))
        self.said = "encoded"
        channels = min(track.channels, 2)
        aac = self._result.add_stream(
            "aac",
            rate=next((rate for rate in AAC_RATES if rate <= track.rate), AAC_RATES[-1]),
            layout="mono" if channels == 1 else "stereo",
            bit_rate=AAC_BIT_RATE * channels,
        )
        return self._encode(track, aac)

    def _copy(self, track: AudioStream, copy: AudioStream) -> Iterator[Packet[AudioStream]]:
        last: int | None = None
        for packet in self._demux(track):
            if packet.dts is None or packet.is_corrupt:
                continue
            second = self._place(packet.dts, packet.duration or 0, packet.time_base)
            moved = round(second / packet.time_base)
            if (last is not None and moved <= last) or (packet.is_discard and second < PRIMING):
                continue
            delay = packet.pts - packet.dts if packet.pts is not None else 0
            packet.dts, packet.pts, last = moved, moved + delay, moved
            packet.stream = copy
            yield packet

    def _encode(self, track: AudioStream, aac: AudioStream) -> Iterator[Packet[AudioStream]]:
        resampler, taken = None, None
        for frame in self._decode(track):
            form = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is None or form != taken:
                resampler, taken = _make_resampler(aac), form
            for piece in resampler.resample(frame):
                yield from aac.encode(piece)
        for piece in resampler.resample(None) if resampler else ():
            yield from aac.encode(piece)
        yield from aac.encode(None)

    def _decode(self, track: AudioStream) -> Iterator[AudioFrame]:
        from av.error import FFmpegError

        for packet in chain(self._demux(track), [None]):
            try:
                frames = track.decode(packet)
            except FFmpegError:
                continue  # a damaged packet: the gap becomes silence
            for frame in frames:
                rate = Fraction(1, frame.sample_rate)
                second = self._place(frame.pts, frame.samples, rate, track.time_base)
                frame.pts, frame.time_base = round(second / rate), rate
                yield frame

    def _demux(self, track: AudioStream) -> Iterator[Packet[AudioStream]]:
        from av.error import FFmpegError

        try:
            for packet in self._original.demux(track):
                if packet.size:
                    yield packet
        except (FFmpegError, OSError):
            return  # the file's tail is missing: what was there is carried over

    def _place(self, pts: int | None, duration: int, tick: Fraction, time_base: Fraction | None = None) -> Fraction:
        time = None if pts is None else to_seconds(pts, time_base or tick)
        return self._timeline.place(time, duration * tick)


def _make_resampler(aac: AudioStream) -> AudioResampler:
    from av.audio.resampler import AudioResampler

    # Sound follows its times: gaps over a tenth of a second become silence.
    return AudioResampler("fltp", aac.layout, aac.rate, options={"async": "1"})
