"""What the local cloud keeps, on disk, whole at any moment.

store (resources, who points at whom) ← operations (what happens at the end of each, as data)
longrunning shows an operation as google.longrunning does ; payloads and files are secrets' ; identity is who asks.
"""
