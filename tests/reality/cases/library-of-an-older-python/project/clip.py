from pydub import AudioSegment

print(len(AudioSegment.silent(duration=100)))
