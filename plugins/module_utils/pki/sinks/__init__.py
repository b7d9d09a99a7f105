# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where a certificate is kept: each sink reads, compares and writes one place.

factory (options) → base.Sink: files (PEM, PKCS#12, through atomic), secrets (a Kubernetes Secret),
                              secret_manager (versions of a secret of Google's)

A sink is read once, then compared with the certificate that it is to hold, then written: all of it or nothing. Called
by ``apply``; ``mesh`` uses ``atomic``, ``secrets`` and ``secret_manager`` for its own places.
"""
