# Copyright: (c) 2026, The pingpong.platform maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rendered manifests in a Git repository, and what Argo CD in a cluster makes of them.

manifests (charts and objects, as ``k8s_apply`` takes them) → desired objects, each with the mark of Argo's tracking
files   (pure)  → the files of the folder, what is to be written and removed, and the commit as a stream
git     (the program, in a bare repository of its own)      → the branch's files; one commit, pushed
argo    (pure)  → what an Application says of a commit
sync            → waits until Argo has applied it and everything is ready

``run`` is the entry, called by the action plugin ``git_manifests``.
"""
