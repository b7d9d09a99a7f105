# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Requests to one API server: how it is reached, who asks, where kinds live, what it refuses.

connection (fact or kubeconfig) → transport (kept-alive sockets) → session (authorised, retried, counted)
→ client (verbs on objects) ; discovery and kinds name the paths ; exec runs a program in a container.
proxies say what is on the way; a proxy behind Identity-Aware Proxy is reached by iap, in frames of relay.

Everything above calls ``client.ClusterClient`` and ``exec_retry``; nothing here knows of plans.
"""
