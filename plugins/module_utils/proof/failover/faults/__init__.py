# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a drill does to the region that it takes out of service, and how that is undone whatever ends the drill.

choose: the faults by name → scale_to_zero (the gateway gone), changed_specs (unhealthy backends, no network; with
merge_patch, pure), each a fault
graceful_shutdown: signals that let the drill restore it
"""
