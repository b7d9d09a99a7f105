"""How the local cloud is reached: HTTPS, the CONNECT proxy, the test hooks."""
