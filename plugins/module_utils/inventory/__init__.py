# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From what an inventory declares to the resources, charts and objects that the engines take.

checks    what is wrong with an inventory, in sentences
clusters  a GKE cluster's node pools and optional fields
edge      firewall rules of Cloud Armor, the DNS health check, records that fail over
secrets   secrets, their versions and who reads them
policies  a namespace's network policies
ping      releases of the ping chart, and their certificates

Pure, and without Ansible. Roles call them as filters of the same name (``plugins/filter``), ``inventory_check`` the
first one; roles' templates and variables only place what comes back.
"""
