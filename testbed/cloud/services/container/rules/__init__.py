"""What GKE fills in (defaults), refuses (checks), keeps in step (endpoints), chooses (ranges), adds (addons)."""
