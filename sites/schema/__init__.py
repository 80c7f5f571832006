"""What blocks and form fields share: the parts a definition is made of, their checks, messages and settings forms.

Pure Python, pydantic and Django forms; no models and no database (an import contract holds that).
"""
