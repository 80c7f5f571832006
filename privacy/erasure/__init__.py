"""Erasing a person, an account, a website or one visitor everywhere, and proving it (promise 08). See docs/erasure.md.

`subjects` says who, `plan` freezes what is where, `rows` finds and deletes in tables, `steps` knows how each kind of
step looks and acts, `engine` runs them whatever dies meanwhile, `ledger` outlives a restored backup, `certificate`
signs what was done. Applications add what only they know through `hooks`.
"""
