# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pods that proofs measure from.

manifest (the pod as an object: restricted, without a token, ended by the kubelet) ; controller keeps others off it
→ pods (create, run the probe program in them, remove) ; admission lets them through NetworkPolicies meanwhile.

The probe program is ``pingpong.probe`` of the ping image. Called by ``mtls``, ``network_policy`` and ``dashboard``.
"""
