"""Transcripts in and out: the formats that meeting tools and recognisers write."""

from transcription.formats.read import parse_cues, read_cues
from transcription.formats.write import write_transcript

__all__ = ["parse_cues", "read_cues", "write_transcript"]
