"""An HTTP/1.1 server and client that know nothing of pings: bytes in, replies out, limits held.

socket → handshakes (TLS only) → connection → reader (llhttp, limits) → framing (what must not be acted on)
                                      └→ router → handler → messages.Reply → socket
server owns the listeners, the connections and the clock; a connection knows it as ``connection.Shared``. ``client``
makes one GET on a connection of its own.

Called by ``service`` (two servers) and ``peer`` (the client).
"""

from __future__ import annotations
