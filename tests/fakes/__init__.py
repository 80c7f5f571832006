"""Servers that speak the HTTP protocols of the external systems, on loopback, with a memory and with faults.

`python -m tests.fakes brevo --port 9001 --folder var/fakes/brevo` runs one; `manage.py up` runs two. A real listmonk or
Matomo can stand where a fake stands: only a base URL differs.
"""
