"""What GKE fills in (defaults), refuses (checks), keeps in step (endpoints), leaves out (presence), adds (addons)."""
