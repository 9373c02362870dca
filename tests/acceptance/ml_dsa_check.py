"""Checks the ML-DSA-44 line of a checkpoint with `dilithium-py` and nothing of ours; runs under the Python that has it.

One task is read as JSON from standard input: `note` (base64 of the file) and `key` (verifier key). Ends with 0 where
the signature holds, and prints the time it names. What is signed: C2SP tlog-cosignature, "ML-DSA-44 signed message".
"""

import base64
import json
import struct
import sys

from dilithium_py.ml_dsa import ML_DSA_44


def main() -> None:
    task = json.load(sys.stdin)
    text, _, tail = base64.b64decode(task["note"]).decode().rpartition("\n\n")
    name, key_id, material = task["key"].split("+", 2)
    public = base64.b64decode(material)
    origin, size, root = text.split("\n")[:3]
    signatures = [base64.b64decode(line.split(" ")[2]) for line in tail.splitlines() if line.split(" ")[1] == name]
    (found,) = [signature[4:] for signature in signatures if signature[:4].hex() == key_id]
    message = b"subtree/v1\n\0" + bytes([len(name)]) + name.encode() + found[:8]
    message += bytes([len(origin)]) + origin.encode() + struct.pack(">QQ", 0, int(size)) + base64.b64decode(root)
    if public[0] != 6 or not ML_DSA_44.verify(public[1:], message, found[8:], ctx=b""):
        sys.exit("the signature does not hold")
    print(int.from_bytes(found[:8], "big"))


main()
