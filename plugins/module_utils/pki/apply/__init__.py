# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the option ``certificates`` to certificates in every sink.

run (options) → reconcile (order by issuer, lock, read the sinks, renewal, write the sinks) → report (result and diff)
issuers loads the authority that signs, from another entry, files, a Secret or a value.

Called by ``certificate`` through ``run``; ``mesh`` takes its labels from there.
"""
