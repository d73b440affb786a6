"""Which attention there is: as the real one, it falls back to sdpa where flash-attn can't be imported."""

import os


def validate_attention_mode(asked, _debug=None):
    return asked if os.environ.get("STANDIN_FLASH") else "sdpa"
