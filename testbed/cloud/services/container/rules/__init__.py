"""What GKE fills in (defaults), refuses (checks, notifications), keeps in step (endpoints), chooses (ranges), adds
(addons)."""
