# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""HTTP to Google's APIs: credentials, one pool of connections, retries, operations, errors.

settings (options and environment) → auth (a token) → client (requests, retried where safe)
→ operations (waited for with a deadline, found again by a later run) ; errors says what can be done about each.

Everything in ``cloud`` that does I/O goes through ``client``; nothing here knows of plans.
"""
