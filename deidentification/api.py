"""READ FIRST: everything other rooms may call here, in the order in which it is used."""

from deidentification.bridges import Bridge, called, find_bridges
from deidentification.company import Company
from deidentification.find import Recognisers, find_names, load_recognisers
from deidentification.full_names import read_name
from deidentification.governing import Governor
from deidentification.hiding import hide
from deidentification.keeping import keep
from deidentification.leaks import Leak, leaks
from deidentification.lines import deidentify_lines
from deidentification.linkage import Said, public_linkage, shown_words
from deidentification.notes import Names, Quote, Told, find_quotes, says, some_words_in, withheld
from deidentification.offsets import to_released, to_source
from deidentification.pseudonyms import bad_pseudonym, borne, draw_pseudonyms, without_borne
from deidentification.recognizers.gliner import is_gliner
from deidentification.redact import redact
from deidentification.remembered import placed, remembered
from deidentification.session_ids import name_in
from deidentification.sound_alikes import sound_alikes
from deidentification.standing import standing
from deidentification.study_names import touching, unite
from deidentification.telling import tells
from deidentification.versions import languages_without_model, recogniser_versions, unusable_models
from deidentification.written import Planned, WrittenGate

__all__ = [
    "Bridge",
    "Company",
    "Governor",
    "Leak",
    "Names",
    "Planned",
    "Quote",
    "Recognisers",
    "Said",
    "Told",
    "WrittenGate",
    "bad_pseudonym",
    "borne",
    "called",
    "deidentify_lines",
    "draw_pseudonyms",
    "find_bridges",
    "find_names",
    "find_quotes",
    "hide",
    "is_gliner",
    "keep",
    "languages_without_model",
    "leaks",
    "load_recognisers",
    "name_in",
    "placed",
    "public_linkage",
    "read_name",
    "recogniser_versions",
    "redact",
    "remembered",
    "says",
    "shown_words",
    "some_words_in",
    "sound_alikes",
    "standing",
    "tells",
    "to_released",
    "to_source",
    "touching",
    "unite",
    "unusable_models",
    "withheld",
    "without_borne",
]
