"""Languages as people call them in English."""

LANGUAGES = {
    **{"en": "English", "fr": "French", "mi": "te reo Māori", "es": "Spanish", "de": "German", "pt": "Portuguese"},
    **{"it": "Italian", "nl": "Dutch", "iu": "Inuktitut", "cr": "Cree", "oj": "Ojibwe", "cy": "Welsh", "ga": "Irish"},
    "mul": "several languages",
}
"""By ISO 639 code; a language that is not here is called by its code."""
