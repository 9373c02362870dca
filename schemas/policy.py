"""The study's policy file: what is shown, generalised and allowed beyond each person's choice."""

from pydantic import Field

from schemas.records import Record


class Policy(Record):
    """The ``[policy]`` table of ``chatham.toml``."""

    host_organisations: tuple[str, ...] = ()
    """Host organisations identify nobody."""
    shared_employer: int = 5
    """An employer of at least so many participants identifies nobody."""
    public_figures: dict[str, str] = Field(default_factory=dict)
    """Allowed name to the reason why."""
    public_works: dict[str, str] = Field(default_factory=dict)
    """Title or citation as said to the reason why it is no mention of a participant."""
    attribution_threshold: float = 0.8
    """Below it, a voice is nobody's until a person decides."""
    boundary_s: float = 0.3
    """Words this near a change of speaker may be the other speaker's."""
