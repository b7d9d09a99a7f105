"""How Google's APIs speak: pure, over the discovery documents.

discovery (verb and path → method) → schema (body and query checked) → a route
→ answers (fields, number forms) ; errors, pages, values (ids, times, etags), masks and patches (updates) help it.
"""
