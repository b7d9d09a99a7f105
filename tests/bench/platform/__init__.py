"""What a run of base and of app costs where nothing is to be done, over an empty play."""
