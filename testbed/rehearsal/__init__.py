"""An environment's own inventory, run whole on this machine: bootstrap, base, images, site, site again, destroy.

run (the steps, in order) → environment (Google's names lead to the local cloud, for every program that a step starts)
→ ansible-playbook with the inventory as it stands and one overlay → verdicts (what each step must have shown: nothing
failed, nothing changed the second time, nothing left).

``overlay.yml`` overrides and never supplies: what it names has a value without it, and is none of what the rehearsal is
to prove; ``tests/unit/testbed/test_rehearsal_overlay.py`` holds that, and names the exceptions.
"""
