# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Keys, X.509 certificates and where they are kept.

options → desired (names, durations, keys) ─┐
sinks (files, Secrets) → live certificate ──┴→ renewal (pure: every reason to issue anew) → certificates.issue → sinks

Here is what both modules share: ``keys``, ``names``, ``certificates`` (issue, read, describe), ``bundles`` (layouts of
certificate, key and chain), ``issuer_rules`` (what an authority may sign), ``renewal`` (whether a certificate is issued
anew, and why). ``apply`` is the module ``certificate``, ``mesh`` is ``mesh_ca``; ``sinks`` does the I/O of both.
The proofs read certificates with ``certificates`` and ``keys``.
"""
