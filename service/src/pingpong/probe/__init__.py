"""A small client that the platform's proofs run inside pods: it connects, speaks TLS and HTTP, and reports.

It judges nothing. ``python -m pingpong.probe`` reads one line of JSON from stdin and writes one to stdout::

    {"timeout": 5, "concurrency": 32, "trust": "PEM bundle",
     "identities": {"name": {"certificate": "PEM chain", "key": "PEM"}},
     "probes": [{"id": "1", "host": "192.0.2.7", "port": 8080, "nonce": "…",
                 "tls": {"identity": "name", "version": "1.3", "alpn": ["istio"], "server_name": null, "verify": true,
                         "chain": true},
                 "request": {"method": "GET", "path": "/whoami", "host": "ping", "headers": {}},
                 "send": "base64", "timeout": 5}]}

``tls: null`` is plain TCP, version ``any`` a client of every version. Instead of an HTTP ``request``, a probe may
``send`` bytes, or none and wait for the server to speak; without either it only connects. The answer is
``{"results": […]}``; with ``"sockets": true`` it has the kernel's tables of this pod's sockets as well, as text.
Keys come in on stdin and live in anonymous memory files: never in arguments, environment or on a disk.

``--hold SECONDS [--listen PORT]`` keeps a probe pod alive, and answers HTTP on PORT with the nonce that it was sent.
Only the standard library is used, so that the program runs in any image that has a Python.

__main__ (arguments, JSON) → client (connect, handshake, request, read) → tls (contexts, chains, errors in one word)
                           → hold (a server that answers with the nonce), sockets (the kernel's tables of this pod)
"""

from __future__ import annotations
