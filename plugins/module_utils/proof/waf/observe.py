# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Send a request to an endpoint as a careful client does, and keep what came back."""

from __future__ import annotations

import http.client
import socket
import ssl

from ansible_collections.pingpong.platform.plugins.module_utils.proof.tls.observe import Answer, Endpoint, reason
from ansible_collections.pingpong.platform.plugins.module_utils.proof.waf.attacks import Request

BODY_LIMIT = 65_536


def send(endpoint: Endpoint, request: Request) -> Answer:
    """One request over a connection of its own; nothing is raised for what the endpoint does."""
    context = ssl.create_default_context(cadata=endpoint.ca) if endpoint.ca else ssl.create_default_context()
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    connection = http.client.HTTPSConnection(endpoint.server_name, endpoint.port, timeout=endpoint.timeout)
    connection.auto_open = 0  # a new connection would go where the machine's own resolver points
    try:
        with socket.create_connection((endpoint.address, endpoint.port), endpoint.timeout) as raw:
            connection.sock = context.wrap_socket(raw, server_hostname=endpoint.server_name)
            path = f"{endpoint.path}?{request.query}" if request.query else endpoint.path
            connection.request(request.method, path, headers=dict(request.headers))
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read(BODY_LIMIT).decode("utf-8", "replace"))
    except http.client.HTTPException as error:
        return Answer(error=type(error).__name__)
    except OSError as error:
        return Answer(error=reason(error))
    finally:
        connection.close()
