"""What a registered form asks, readable without any key: JSON as a note that its recorder signed, beside the text."""

from collections.abc import Mapping

from pydantic import ValidationError

from consent.recorders import recorder_id
from consent.tlog.note import ED25519, Signature, VerifyKey, format_note, parse_note, verified
from schemas.consent import Form
from schemas.errors import BadInput
from schemas.ledger import Signer

ENDING = ".form"
_HINT = "Restore consent/forms from your newest backup, or ask an investigator to add the form again."


def form_note(form: Form, signer: Signer, public_key: bytes) -> bytes:
    """The signed note that says what ``form`` asks.

    Args:
        form: A form that is being registered.
        signer: The recorder.
        public_key: The recorder's raw Ed25519 key, 32 bytes.
    """
    text = form.model_dump_json() + "\n"
    key = VerifyKey(recorder_id(public_key), ED25519, public_key)
    return format_note(text, [Signature(key.name, key.id, signer.sign(text.encode()))])


def read_form_note(data: bytes, recorders: Mapping[str, bytes]) -> Form:
    """The form that a signed note speaks of.

    Args:
        data: A file ``<sha256>.form``.
        recorders: Raw Ed25519 keys by key id.
    Raises:
        BadInput: it is no note, somebody else than a recorder signed it, or it holds no form.
    """
    note = parse_note(data)
    signed = verified(note, [VerifyKey(name, ED25519, public) for name, public in recorders.items()])
    if len(signed) != len(note.signatures):
        raise BadInput("a signature under a form note is no recorder's", hint="Ask who put it there.")
    try:
        return Form.model_validate_json(note.text)
    except ValidationError:
        pass
    raise BadInput("a signed form note holds no form", hint=_HINT)
