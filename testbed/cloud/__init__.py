"""The local cloud: a strict server of Google's APIs on loopback.

Google's published discovery documents are its schema and its routes; `services/` holds what each API does.
"""
