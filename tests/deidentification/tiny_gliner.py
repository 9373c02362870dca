"""A GLiNER model of a few kilobytes with random weights, made by the real library: it finds nonsense, everywhere."""

from pathlib import Path

SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
SAID = "we met ada lovelace in paris yesterday , person organization location address email phone identity bank number"


def make_model(folder: Path, positions: int = 512) -> None:
    """Save one to ``folder``, whole, as ``save_pretrained`` leaves it.

    Args:
        positions: Word pieces that its encoder can read.
    """
    import torch
    from gliner.config import UniEncoderSpanConfig
    from gliner.model import UniEncoderSpanGLiNER

    tokenizer = _tokenizer(positions)
    encoder = {
        "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "max_position_embeddings": positions, "vocab_size": len(tokenizer),
    }  # fmt: skip
    torch.manual_seed(0)
    config = UniEncoderSpanConfig(model_name="tiny", encoder_config=encoder, hidden_size=16, max_width=4, dropout=0.0)
    model = UniEncoderSpanGLiNER(config, tokenizer=tokenizer, backbone_from_pretrained=False)
    model._resize_token_embeddings(model, config, tokenizer, True)
    model.save_pretrained(folder)


def _tokenizer(positions: int):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=SPECIAL)
    pieces.train_from_iterator([f"{SAID} abcdefghijklmnopqrstuvwxyz"] * 3, trainer)
    marks = [("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))]
    pieces.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=marks)
    names = {"unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "mask": "[MASK]"}
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces, model_max_length=positions, **{f"{kind}_token": mark for kind, mark in names.items()}
    )
