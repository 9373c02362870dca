"""What stands in for the package ``gliner``: its interface, and its habit of cutting off silently what is too long.

It is written to a folder that is put on the path, so that it is found and asked for its version as the real one is. It
takes every word that begins with "Q" for a person, with ``#`` for a phone number, and with "Ø" for an organization.
"""

import json
import os
import re
from pathlib import Path
from types import SimpleNamespace

KINDS = {"Q": "person", "#": "phone number", "Ø": "organization"}
PIECE = 4
"""Letters of a word piece."""


class Encoded(dict):
    def word_ids(self):
        return self["word_ids"]


class Tokenizer:
    model_max_length = int(1e30)

    def __call__(self, words, *, is_split_into_words, add_special_tokens, verbose):
        assert is_split_into_words and not add_special_tokens and not verbose
        return Encoded(word_ids=[n for n, word in enumerate(words) for _ in range(-(-len(word) // PIECE))])


class GLiNER:
    def __init__(self, folder):
        told = json.loads((Path(folder) / "gliner_config.json").read_text("utf-8"))
        self.config = SimpleNamespace(max_len=told["max_len"], encoder_config=SimpleNamespace(**told["encoder_config"]))
        self.data_processor = SimpleNamespace(words_splitter=self.split, transformer_tokenizer=Tokenizer())

    @classmethod
    def from_pretrained(cls, folder, *, local_files_only, load_tokenizer, strict):
        assert local_files_only and load_tokenizer and strict and os.environ["HF_HUB_OFFLINE"] == "1"
        if (Path(folder) / "model.safetensors").read_bytes() != b"weights":
            raise RuntimeError("Error(s) in loading state_dict")
        return cls(folder)

    @staticmethod
    def split(text):
        return ((m.group(), m.start(), m.end()) for m in re.finditer(r"#?\w+(?:[-_]\w+)*|\S", text))

    def inference(self, texts, labels, *, threshold, flat_ner, batch_size):
        assert flat_ner and batch_size
        return [[one for one in self.read(text, labels) if one["score"] >= threshold] for text in texts]

    def read(self, text, labels):
        used = sum(-(-len(word) // PIECE) for label in labels for word in ("<<ENT>>", label)) + 3
        for number, (word, start, end) in enumerate(self.split(text)):
            used += -(-len(word) // PIECE)
            too_long = used > self.config.encoder_config.max_position_embeddings and number > 0
            if number >= self.config.max_len or too_long:
                return
            if KINDS.get(word[0]) in labels:
                score = 0.35 if word.endswith("?") else 0.875
                yield {"start": start, "end": end, "text": word, "label": KINDS[word[0]], "score": score}
