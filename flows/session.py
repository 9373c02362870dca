"""READ FIRST. The story of one recording: from the file in the vault to the names found in its words.

What happens next, across all sessions, is told in ``flows/build.py``: names are united, each session is redacted as
today's choices allow, checked for leaks, and loaded into DuckDB. What each step does stands in ``flows/steps.py``.
"""

from flows import steps
from flows.tasks import current_worker, step, story


@story
def session(recording: str) -> str:
    """One recording, start to finish, as a flow that any worker of the lab can take.

    Args:
        recording: The session's opaque id, 32 hexadecimal digits; nothing personal ever stands in a parameter.
    Returns:
        Key of the names found.
    """
    return tell(recording)


def tell(recording: str) -> str:
    """Words are heard, each word is given to who said it, and everything that may identify somebody is found."""
    with current_worker().alone_with(recording):
        words = transcribe(recording)
        turns = attribute(recording, words)
        return find_names(recording, words, turns)


@step
def transcribe(recording: str) -> str:
    """Recording → words with times. Heard once and stored."""
    worker = current_worker()
    return steps.transcribe(worker, worker.recording(recording))


@step
def attribute(recording: str, words: str) -> str:
    """Words → turns, and whose they are. Doubtful ones are nobody's."""
    worker = current_worker()
    return steps.attribute(worker, worker.recording(recording), words)


@step
def find_names(recording: str, words: str, turns: str) -> str:
    """Turns → everything in them that may identify somebody. No decision is made yet."""
    worker = current_worker()
    return steps.find_names(worker, worker.recording(recording), words, turns)
