"""The DNS server behind Cloud DNS: real answers over UDP and TCP, routed by health checks that are really run."""
